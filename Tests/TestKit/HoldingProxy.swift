// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// Passes bytes to a server of 127.0.0.1 and back, and holds connections back that bring many, until it is let go.
public final class HoldingProxy: Sendable {
    private final class State: Sendable {
        let held = Atomic(0)
        let isOpen = Atomic(false)
    }

    private let server: LoopbackServer
    private let state: State

    /// Holds each connection back once `each` bytes came back over it.
    public init(to port: UInt16, after each: Int) throws {
        let state = State()
        self.state = state
        server = try LoopbackServer { client in
            guard let far = try? LoopbackServer.connect(to: port) else { return }
            try? Thread.detach { LoopbackServer.pass(client, to: far) }
            var own = 0
            LoopbackServer.pass(far, to: client) { bytes in
                own += bytes.count
                guard own > each else { return true }
                state.held.add(1, ordering: .relaxed)
                defer { state.held.subtract(1, ordering: .relaxed) }
                while !state.isOpen.load(ordering: .relaxed) {
                    // When the client goes, the other direction ends both.
                    var place = pollfd(fd: client.number, events: 0, revents: 0)
                    if poll(&place, 1, 20) != 0 { return false }
                }
                return true
            }
        }
    }

    /// `127.0.0.1:PORT`.
    public var name: String { server.name }
    /// Connections that are held back now.
    public var held: Int { state.held.load(ordering: .relaxed) }

    /// Holds none back from here on.
    public func open() { state.isOpen.store(true, ordering: .relaxed) }
}
