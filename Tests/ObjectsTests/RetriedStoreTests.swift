internal import TestKit
internal import Testing
internal import Transfer

// SPDX-License-Identifier: Apache-2.0
@testable internal import Objects

/// Stores that cannot answer at once.
@Suite(.timeLimit(.minutes(5))) struct RetriedStoreTests {
    private let fake: FakeS3
    private let plain: StoreBench
    private let bench: StoreBench

    init() throws {
        fake = try FakeS3()
        var policy = RetriedStore.usual
        policy.first = .milliseconds(1)
        let store = try fake.store()
        plain = StoreBench(store, ())
        bench = StoreBench(RetriedStore(store, policy: policy), ())
    }

    @Test func `a store that is slow is asked again, and not for ever`() throws {
        fake.change { $0.slow = 4 }
        try bench.put("x", at: "a")
        #expect(fake.count == 5)
        fake.change { $0.slow = 100 }
        #expect(try bench.cause { _ = try bench.text("a") } == .unavailable("SlowDown: as it was told"))
        #expect(fake.count == 10)
        fake.change { $0.slow = 0 }
        #expect(try bench.text("a") == "x" && bench.keys() == ["a"] && bench.status("a").size == 1)
        #expect(try bench.cause { _ = try bench.text("b") } == .absent)
        #expect(fake.count == 14)
        try bench.delete("a")
    }

    @Test func `a pause is called off with the rest`() async throws {
        fake.change { $0.answer = Answer(status: 503, fields: [("Retry-After", "20")]) }
        let scope = TransferScope(), store = bench.store
        let error = await ObjectStoreSuite.failure {
            _ = try store.head(ObjectKey("a"), in: scope)
        } meanwhile: {
            while fake.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
            scope.cancel()
        }
        #expect(error?.cause == .cancelled && fake.count == 1)
    }

    @Test func `who has made an object is told so, whatever answer was lost`() throws {
        #expect(try bench.store.promises(in: bench.scope).hasAtomicCreate)
        // Over a connection that was used, and breaks when the object is there.
        fake.change { $0.swallowed = 1 }
        guard case .unavailable = try plain.cause({ _ = try plain.create("one", at: "a") }) else {
            Issue.record("it was made twice")
            return
        }
        #expect(try plain.text("a") == "one")
        #expect(try !plain.create("one", at: "a"))
        fake.change { $0.swallowed = 1 }
        #expect(try bench.create("two", at: "b") && bench.text("b") == "two")
        #expect(try !bench.create("two", at: "b"))
        fake.change { $0.swallowed = 1 }
        #expect(try bench.create("", at: "empty") && !bench.create("", at: "empty"))
        fake.change { $0.slow = 1 }
        #expect(try !bench.create("three", at: "b") && bench.text("b") == "two")
        fake.change { $0.slow = 1 }
        #expect(try !bench.create("3", at: "b"))
    }
}
