// SPDX-License-Identifier: Apache-2.0
public import Glibc
public import Linux

/// A server on this machine, a thread for each of its connections; it ends with its last reference.
public final class LoopbackServer: Sendable {
    /// Where it listens.
    public let address: String
    /// Where it listens.
    public let port: UInt16
    private let listener: Descriptor

    /// Listens on a port, any free one for 0; `serve` has a connection until it returns.
    public init(
        address: String = "127.0.0.1",
        port wanted: UInt16 = 0,
        serve: @escaping @Sendable (Descriptor) -> Void
    ) throws {
        self.address = address
        listener = Descriptor(
            owning: try check(
                "socket",
                "",
                socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            )
        )
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = wanted.bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        var on: Int32 = 1
        setsockopt(listener.number, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = listener.number
        try withUnsafeMutablePointer(to: &place) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check("bind", address, bind(number, $0, size))
                try check("listen", address, listen(number, 64))
                try check("getsockname", address, getsockname(number, $0, &size))
            }
        }
        port = UInt16(bigEndian: place.sin_port)
        let listener = listener
        try Thread.detach {
            while true {
                let client = accept(listener.number, nil, nil)
                guard client >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                let socket = Descriptor(owning: client)
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                var on: Int32 = 1
                setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
                try? Thread.detach { serve(socket) }
            }
        }
    }

    deinit { shutdown(listener.number, Int32(SHUT_RDWR)) }

    /// `ADDRESS:PORT`.
    public var name: String { "\(address):\(port)" }

    /// Ports that the kernel gives to nobody who asks for any.
    public static let ownPorts: Range<UInt16> = 10_000..<32_768

    /// A port of 127.0.0.1 that nobody listens on, and that no connection is given before a server that is started with
    /// it listens.
    public static func freePort(_ kind: __socket_type = SOCK_STREAM, below end: UInt16 = ownPorts.upperBound)
        throws -> UInt16
    {
        try takenPort(kind, below: end).port
    }

    /// A port of 127.0.0.1 that is taken for as long as the socket is there.
    public static func takenPort(_ kind: __socket_type = SOCK_STREAM, below end: UInt16 = ownPorts.upperBound)
        throws -> (socket: Descriptor, port: UInt16)
    {
        while true {
            let socket = Descriptor(
                owning: try check(
                    "socket",
                    "",
                    socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
                )
            )
            let port = UInt16.random(in: ownPorts.lowerBound..<end)
            var address = sockaddr_in()
            address.sin_family = UInt16(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let isTaken = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) < 0
                }
            }
            guard isTaken else { return (socket, port) }
            guard errno == EADDRINUSE else { throw LinuxError("bind", "127.0.0.1:\(port)", errno: errno) }
        }
    }

    /// Connects to a port of 127.0.0.1.
    public static func connect(to port: UInt16) throws -> Descriptor {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let far = Descriptor(owning: try check("socket", "", socket(AF_INET, kind, 0)))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = try withUnsafePointer(to: &place) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check(
                    "connect",
                    "",
                    Glibc.connect(far.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                )
            }
        }
        return far
    }

    /// Passes bytes on until the end, or until `isFine` says of so many that they are not: then ends both connections.
    public static func pass(_ from: Descriptor, to: Descriptor, _ isFine: ([UInt8]) -> Bool = { _ in true }) {
        while let bytes = try? from.read(16 << 10), !bytes.isEmpty, isFine(bytes) {
            guard send(bytes, to: to) else { break }
        }
        shutdown(from.number, Int32(SHUT_RDWR))
        shutdown(to.number, Int32(SHUT_RDWR))
    }

    /// Sends a text; false if the other side is gone.
    public static func send(_ text: String, to socket: Descriptor) -> Bool {
        send(Array(text.utf8), to: socket)
    }

    /// Sends all of some bytes; false if the other side is gone.
    public static func send(_ bytes: [UInt8], to socket: Descriptor) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
