// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// Passes bytes to a server of 127.0.0.1 and back, counts those that come back, and resets connections.
public final class CuttingProxy: Sendable {
    private final class Count: Sendable {
        let passed = Atomic(0)
        let cuts = Atomic(0)
        let bound: Atomic<Int>
        init(_ bound: Int) { self.bound = Atomic(bound) }
    }

    private let server: LoopbackServer
    private let count: Count

    /// Resets each connection after `each` bytes came back over it, and all once `all` bytes came back.
    public init(to port: UInt16, every each: Int = .max, atAll all: Int = .max) throws {
        let count = Count(all)
        self.count = count
        server = try LoopbackServer { client in
            guard let far = try? LoopbackServer.connect(to: port) else { return }
            try? Thread.detach { LoopbackServer.pass(client, to: far) }
            var own = 0
            LoopbackServer.pass(far, to: client) { bytes in
                own += bytes.count
                let passed = count.passed.add(bytes.count, ordering: .relaxed).newValue
                if own < each, passed <= count.bound.load(ordering: .relaxed) { return true }
                guard LoopbackServer.send(bytes, to: client) else { return false }
                count.cuts.add(1, ordering: .relaxed)
                Self.reset(client)
                return false
            }
        }
    }

    /// What was passed before still arrives; then there is no end, but a reset.
    private static func reset(_ socket: Descriptor) {
        var waiting: Int32 = 0
        while ioctl(socket.number, UInt(TIOCOUTQ), &waiting) == 0, waiting > 0 { usleep(200) }
        // connect(2) to no family ends an association: TCP does so by a reset.
        var none = sockaddr()
        none.sa_family = sa_family_t(AF_UNSPEC)
        connect(socket.number, &none, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// `127.0.0.1:PORT`.
    public var name: String { server.name }
    /// Bytes that came back, over all connections.
    public var passed: Int { count.passed.load(ordering: .relaxed) }
    /// Connections that were reset.
    public var cuts: Int { count.cuts.load(ordering: .relaxed) }

    /// Cuts no more by what all connections brought.
    public func mend() { count.bound.store(.max, ordering: .relaxed) }
}
