// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// Servers that do not answer for long, by a clock that runs as the test says.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct DeadHostTests {
    static let layer = MemoryRegistry.layer("file", 20_000)

    /// A clock.
    private final class Hand: Sendable {
        private let passed = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        var seconds: Double { passed.withLock { Double($0.components.seconds) } }
        func wait(_ seconds: Int) { passed.withLock { $0 += .seconds(seconds) } }
        func now() -> ContinuousClock.Instant { start + passed.withLock { $0 } }
    }

    @Test func `pulls of a whole hour ask a dead registry twice a minute at most, and an answer ends that`()
        throws
    {
        let shop = try Workshop()
        let store = try shop.store()
        let hand = Hand()
        let isDead = Atomic(true)
        let times = Mutex<[Double]>([])
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { _, honest in
            times.withLock { $0.append(hand.seconds) }
            return isDead.load(ordering: .relaxed) ? nil : honest
        }
        let client = MemoryRegistry.client([registry.name], now: hand.now)
        let reference = try Reference("\(registry.name)/app:1")
        var refusals = 0
        while hand.seconds < 3600 {
            let error = #expect(throws: ImageError.self) { try store.pull(reference, from: client) }
            let text = error?.description ?? ""
            if text.contains("was not asked") {
                refusals += 1
                try #require(
                    text.contains("\(registry.name) was not asked: it has not answered since 20"),
                    "\(text)"
                )
                try #require(text.contains("and is asked again from 20"), "\(text)")
            }
            hand.wait(3)
        }
        let late = times.withLock { $0.filter { $0 >= 300 } }
        #expect(zip(late, late.dropFirst()).allSatisfy { $1 - $0 >= 30 }, "\(late)")
        // Half a minute to five minutes, and a probe is one request.
        #expect((10...111).contains(late.count) && refusals > 1000)

        // Whoever asks at once, as `martlet image pull` does in a process of its own, may.
        isDead.store(false, ordering: .relaxed)
        let other = try Workshop()
        _ = try other.store().pull(reference, from: MemoryRegistry.client([registry.name]))
        hand.wait(301)
        #expect(try store.pull(reference, from: client).layers.count == 1)
        #expect(try store.pull(reference, from: client).layers.count == 1)
    }

    @Test func `a port that nobody listens on is named, left alone, and asked again`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let hand = Hand()
        let port = try LoopbackServer.freePort()
        let name = "127.0.0.1:\(port)"
        let client = MemoryRegistry.client([name], attempts: 2, now: hand.now)
        let reference = try Reference("\(name)/app:1")
        func failure() -> String {
            let error = #expect(throws: ImageError.self) { try store.pull(reference, from: client) }
            return error?.description ?? ""
        }
        var text = failure()
        #expect(text.contains(name) && text.contains("onnection refused"), "\(text)")
        hand.wait(61)
        text = failure()
        #expect(text.contains("was not asked") && text.contains("onnection refused"), "\(text)")
        #expect(text.hasSuffix(" on; `martlet image pull` asks at once"), "\(text)")
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer]), port: port)
        #expect(failure().contains("was not asked"))
        #expect(registry.web.asked.isEmpty)
        hand.wait(300)
        _ = try store.pull(reference, from: client)
        #expect(try store.list().count == 1)
    }

    @Test func `a mirror that is dead is passed over at once`() throws {
        let shop = try Workshop()
        let hand = Hand()
        let asked = Atomic(0)
        let dead = try LoopbackServer { _ in asked.add(1, ordering: .relaxed) }
        let origin = try MemoryRegistry(MemoryRegistry.image([Self.layer]))
        let client = MemoryRegistry.client(
            [origin.name],
            attempts: 2,
            change: { $0.registries[0].mirrors = ["http://\(dead.name)"] },
            now: hand.now
        )
        let reference = try Reference("\(origin.name)/app:1")
        _ = try shop.store().pull(reference, from: client)
        hand.wait(61)
        _ = try shop.store().pull(reference, from: client)
        let before = asked.load(ordering: .relaxed)
        for _ in 0..<20 { _ = try shop.store().pull(reference, from: client) }
        #expect(asked.load(ordering: .relaxed) == before)
    }
}
