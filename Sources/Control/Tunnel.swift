// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux

/// A stream of bytes to a remote node, inside TLS that a program beside ours speaks.
///
/// So no verb pays at its start for a library that few need. The program says in a line of JSON whether it is connected:
/// `{}`, or the `ControlErrorReply` that says why not.
enum Tunnel {
    /// The program, and its verb.
    static let program = "martlet-agent"
    private static let maximumLine = 16 << 10

    /// Connects; blocks.
    static func connect(_ node: RemoteNode) throws(ControlError) -> Descriptor {
        let ours: Descriptor
        do throws(LinuxError) {
            let far: Descriptor
            (ours, far) = try Self.pair()
            var words = ["tunnel", "--host", node.description]
            for (name, value) in [
                ("cacert", node.authorities), ("cert", node.certificate), ("key", node.key),
            ] {
                if let value { words += ["--\(name)", value] }
            }
            let path = try ProgramFile.beside(program)
            // It ends with the connection; nobody waits for it, for we end soon ourselves.
            _ = try Spawn([path] + words, descriptors: [0: far, 1: far]).start()
        } catch {
            throw ControlError(.failed, program, "\(error)", "it is installed beside martlet")
        }
        try hear(ours, node)
        return ours
    }

    private static func pair() throws(LinuxError) -> (Descriptor, Descriptor) {
        var numbers: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try check("socketpair", "tunnel", socketpair(AF_UNIX, kind, 0, &numbers))
        return (Descriptor(owning: numbers[0]), Descriptor(owning: numbers[1]))
    }

    /// Byte by byte: what follows the line is not ours to read.
    private static func hear(_ socket: Descriptor, _ node: RemoteNode) throws(ControlError) {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            let byte: [UInt8]
            do throws(LinuxError) { byte = try socket.read(1) } catch {
                throw ControlError(.failed, node.description, "\(error)")
            }
            guard !byte.isEmpty, line.count < maximumLine else {
                throw ControlError(.unreachable, node.description, "no connection")
            }
            line += byte
        }
        guard line != Array("{}\n".utf8) else { return }
        let reply = try? JSONDecoder().decode(ControlErrorReply.self, from: Data(line))
        throw reply?.error ?? ControlError(.unreachable, node.description, "no connection")
    }
}
