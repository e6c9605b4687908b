// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A socket that is not connected yet, and where to.
struct Approach: Sendable {
    let socket: Descriptor
    /// For people, for example `127.0.0.1:80`.
    let name: String
    /// A `sockaddr`, in its bytes.
    private let address: [UInt8]
    /// What the address leads through: the socket file.
    private let file: Descriptor?

    /// A stream to an IP address, in the network of the calling thread; nil if that has no such kind of address.
    init?(address text: String, port: UInt16) throws(LinuxError) {
        let isIPv6 = text.contains(":")
        if isIPv6 {
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, text, &raw.sin6_addr) == 1 else { return nil }
            address = withUnsafeBytes(of: raw) { Array($0) }
        } else {
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            guard inet_pton(AF_INET, text, &raw.sin_addr) == 1 else { return nil }
            address = withUnsafeBytes(of: raw) { Array($0) }
        }
        let number = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Self.kind, 0)
        if number < 0, errno == EAFNOSUPPORT { return nil }
        socket = Descriptor(owning: try check("socket", text, number))
        name = isIPv6 ? "[\(text)]:\(port)" : "\(text):\(port)"
        file = nil
    }

    /// A stream to the socket that a descriptor holds, whatever is at its path now.
    init(socket file: Descriptor, path: String) throws(LinuxError) {
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        // Short enough by far.
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: "/proc/self/fd/\(file.number)".utf8) }
        address = withUnsafeBytes(of: raw) { Array($0) }
        socket = Descriptor(owning: try check("socket", "unix", Glibc.socket(AF_UNIX, Self.kind, 0)))
        name = path
        self.file = file
    }

    private static let kind =
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)

    /// Begins to connect: 0 when that is done, otherwise the `errno`, which is `EINPROGRESS` while it goes on.
    func connect() -> Int32 {
        let result = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.connect(socket.number, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        return result == 0 ? 0 : errno
    }

    /// How a connection that was begun has ended: 0, or its `errno`.
    func outcome() -> Int32 {
        var cause: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &cause, &size) == 0 else { return errno }
        return cause
    }
}
