// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// A server on this machine, a thread for each of its connections; it ends with its last reference.
public final class LoopbackServer: Sendable {
    /// Where it listens.
    public let address: String
    /// Where it listens.
    public let port: UInt16
    private let listener: Descriptor

    /// Listens on a free port; `serve` has a connection until it returns.
    public init(address: String = "127.0.0.1", serve: @escaping @Sendable (Descriptor) -> Void) throws {
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
        inet_pton(AF_INET, address, &place.sin_addr)
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

    /// Address and port.
    public var name: String { "\(address):\(port)" }
}
