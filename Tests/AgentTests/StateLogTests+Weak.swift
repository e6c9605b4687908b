// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Agent
@testable internal import Volumes

/// A node's state in a store without atomic creation.
extension StateLogTests {
    @Test
    func `without atomic creation what was saved is on the next machine, and an overtaken one gives way`()
        async throws
    {
        try await Self.walk(Bench(isWeak: true))
    }

    @Test(.enabled(if: SwiftServer.isThere, "run `make stores`"))
    func `a real Swift keeps a node's state`() async throws {
        let store = RetriedStore(try SwiftServer.shared.get().store())
        try await Self.walk(Bench(store))
    }

    private static func walk(_ bench: Bench) async throws {
        let first = try bench.machine(1)
        #expect(try await first.acquire().root == nil)
        #expect(await first.guarantee == .forkPreserving)
        var content = try bench.content()
        let apps = content.apps
        try #require(try await first.save(content) != nil)
        content.apps = nil
        #expect(try await first.save(content) == nil)
        try await first.verify(hasStalled: true)

        // The next agent of the machine goes on, and waits for nobody.
        let again = try bench.machine(1)
        let head = try await again.acquire()
        #expect(head.root != nil && head.origin?.sequence == 2)
        content.restarts = ["shop/web/1": 5]
        try #require(try await again.save(content) != nil)

        // Another machine waits as long as this one may live; one that was silent is overtaken, and finds that out.
        let second = try bench.machine(2, Bench.hasty)
        while true {
            do {
                _ = try await second.acquire()
                break
            } catch {
                // The first sign of life may come late.
                guard error.fencing != nil else { throw error }
            }
        }
        let place = "\(bench.folder.path)/back"
        #expect(try await second.restore(into: place))
        let found = try StateFolder(path: place).read()
        #expect(found.apps == apps && found.restarts == ["shop/web/1": 5] && found.damaged.isEmpty)
        let late = content
        let attempts: [@Sendable () async throws -> Void] = [
            { try await again.verify(hasStalled: true) },
            {
                var content = late
                content.restarts = ["shop/web/1": 6]
                _ = try await again.save(content)
            },
            {
                let timing = LeaseTiming(
                    heartbeat: .milliseconds(100),
                    patience: .seconds(60),
                    settle: .milliseconds(20)
                )
                _ = try await bench.machine(1, timing).acquire()
            },
        ]
        try #require(try await second.save(bench.content()) != nil)
        for (number, attempt) in attempts.enumerated() {
            do {
                try await attempt()
                Issue.record("attempt \(number): it was overtaken, and does not know")
            } catch {
                #expect(error.fencing != nil, "attempt \(number): \(error)")
            }
        }
        // Given back, it is anybody's at once.
        try #require(try await second.save(bench.content(), releasing: true) != nil)
        let third = try bench.machine(3)
        _ = try await third.acquire()
        #expect(try await third.restore(into: place))
        #expect(try StateFolder(path: place).read().restarts == ["shop/web/1": 4])
    }
}
