// SPDX-License-Identifier: Apache-2.0
internal import Glibc

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
