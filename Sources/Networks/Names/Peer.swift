// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

/// Who sent a datagram: the raw socket address, to answer to.
struct Peer {
    private var storage = sockaddr_storage()
    private var size = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// The next datagram of a non-blocking socket and its sender, or nil if none waits.
    static func receive(_ socket: Int32) -> (packet: [UInt8], from: Peer)? {
        var peer = Peer()
        var bytes = [UInt8](repeating: 0, count: NameQuery.longest + 1)
        let count = withUnsafeMutablePointer(to: &peer.storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                recvfrom(socket, &bytes, bytes.count, 0, address, &peer.size)
            }
        }
        guard count >= 0 else { return nil }
        return (Array(bytes.prefix(count)), peer)
    }

    /// The next connection of a listening socket and who made it, or nil if none waits.
    static func accept(_ socket: Int32) -> (connection: Descriptor, from: Peer)? {
        var peer = Peer()
        let number = withUnsafeMutablePointer(to: &peer.storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(socket, $0, &peer.size) }
        }
        return number < 0 ? nil : (Descriptor(owning: number), peer)
    }

    /// Its address; nil if it is not of IP version 4, as all gateways are.
    var address: IPAddress? {
        guard storage.ss_family == sa_family_t(AF_INET) else { return nil }
        return withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        }
    }

    /// Sends a datagram back; one that the kernel does not take is lost, as datagrams are.
    func send(_ bytes: [UInt8], on socket: Int32) {
        var storage = storage
        withUnsafeMutablePointer(to: &storage) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
    }
}
