// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux
internal import Netlink

extension HostPort {
    /// A socket bound to the port, close-on-exec and not blocking; who listens on one of version 6 is not asked by
    /// version 4.
    ///
    /// Throws `EADDRINUSE` if a process of this host has the port, `EADDRNOTAVAIL` if the host has no such address.
    public func bound() throws(LinuxError) -> Descriptor {
        try Endpoint(address: address, port: port).bound(
            transport == .tcp ? SOCK_STREAM : SOCK_DGRAM,
            reuse: transport == .tcp
        )
    }

    /// The port that a socket is bound to; nil for one of another kind.
    public init?(of socket: Descriptor) {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
        var length = socklen_t(bytes.count), kind: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        let result = bytes.withUnsafeMutableBytes { place in
            place.baseAddress.map {
                getsockname(socket.number, $0.assumingMemoryBound(to: sockaddr.self), &length)
            } ?? -1
        }
        guard result == 0, getsockopt(socket.number, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 else {
            return nil
        }
        // sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address, scope.
        let family = Int32(bytes.withUnsafeBytes { $0.loadUnaligned(as: sa_family_t.self) })
        guard family == AF_INET || family == AF_INET6,
            let address = IPAddress(bytes: family == AF_INET ? bytes[4..<8] : bytes[8..<24])
        else { return nil }
        self.init(
            address: address,
            port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]),
            transport: kind == Int32(SOCK_STREAM.rawValue) ? .tcp : .udp
        )
    }
}
