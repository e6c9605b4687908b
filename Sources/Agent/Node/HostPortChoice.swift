// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

/// The host port of a published port: the one that the file names, or a free one of its range, or any.
enum HostPortChoice {
    static func port(for wanted: Port) throws -> UInt16 {
        guard let range = wanted.published else { return try bound(0, wanted) }
        if range.count == 1 { return range.lowerBound }  // a conflict is told when it is published
        for candidate in range {
            do throws(LinuxError) {
                return try bound(candidate, wanted)
            } catch {
                guard error.errno == EADDRINUSE else { throw error }
            }
        }
        throw AgentError(
            "publish",
            "port \(wanted.target)",
            "every port of \(range) is in use: give a wider range"
        )
    }

    /// The port that a socket gets when it asks for `number`; 0 asks for any.
    private static func bound(_ number: UInt16, _ wanted: Port) throws(LinuxError) -> UInt16 {
        let kind = wanted.transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let socket = Descriptor(
            owning: try check(
                "socket",
                "",
                Glibc.socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        if let host = wanted.hostAddress, !host.isIPv6 {
            address.sin_addr.s_addr = host.bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        } else if wanted.hostAddress == nil {
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.number, $0, length) == 0 ? getsockname(socket.number, $0, &length) : -1
            }
        }
        try check("bind", "port \(number)", result)
        return UInt16(bigEndian: address.sin_port)
    }
}
