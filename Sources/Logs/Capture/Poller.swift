// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Linux

/// Edge-triggered readiness by epoll(7): a token is reported once, and again only after its descriptor was read
/// until `EAGAIN`.
struct Poller: ~Copyable {
    private let epoll: Descriptor

    init() throws(LinuxError) {
        epoll = Descriptor(owning: try check("epoll_create1", "", martlet_epoll_create()))
    }

    func add(_ descriptor: Descriptor, token: UInt64) throws(LinuxError) {
        try check("epoll_ctl", "EPOLL_CTL_ADD", martlet_epoll_add(epoll.number, descriptor.number, token))
    }

    /// The keeper may hold the same open file, so closing our descriptor would not end its membership.
    func remove(_ descriptor: Descriptor) { _ = martlet_epoll_delete(epoll.number, descriptor.number) }

    /// Appends the tokens that became ready; waits at most this long, without end when negative.
    func wait(milliseconds: Int32, into ready: inout [UInt64]) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { tokens in
            let count = martlet_epoll_wait(
                epoll.number,
                tokens.baseAddress,
                Int32(tokens.count),
                milliseconds
            )
            if count > 0 { ready += tokens[..<Int(count)] }
        }
    }
}
