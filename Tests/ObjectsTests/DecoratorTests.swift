internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

// SPDX-License-Identifier: Apache-2.0
@testable internal import Objects

/// Stores around stores: how many may ask, and what is counted.
@Suite(.timeLimit(.minutes(5))) struct DecoratorTests {
    private let folder: StoreFolder
    private let directory: DirectoryStore

    init() throws {
        folder = try StoreFolder()
        directory = DirectoryStore(path: folder.path)
    }

    /// Holds up whoever asks for an object's head, and knows how many do.
    private final class Gate: ObjectStore {
        struct State {
            var inside = 0
            var most = 0
            var isOpen = false
        }
        let state = Monitor(State())

        func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
            state.change { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
            _ = state.wait { $0.isOpen ? true : nil }
            state.change { $0.inside -= 1 }
            return ObjectStatus(size: 0, modified: 0, tag: EntityTag("a"))
        }
        private let refusal = ObjectError("ask", "a gate", .absent)
        func get(
            _ key: ObjectKey,
            _ range: Range<Int64>?,
            limit: Int,
            unless known: EntityTag?,
            in scope: TransferScope
        )
            throws(ObjectError) -> StoredObject?
        { throw refusal }
        @discardableResult
        func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
            -> EntityTag?
        {
            throw refusal
        }
        func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
            -> Creation
        {
            throw refusal
        }
        func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
            throws(ObjectError)
            -> ObjectPage
        { throw refusal }
        func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) { throw refusal }
    }

    @Test func `no more than may ask at once, and whoever waits can be called off`() async throws {
        let gate = Gate(), store = LimitedStore(gate, most: 3), key = try ObjectKey("a")
        async let all = ObjectStoreSuite.together(8) { _ in try store.head(key, in: TransferScope()).size }
        while gate.state.hold({ $0.inside }) < 3 { try await Task.sleep(for: .milliseconds(2)) }
        let scope = TransferScope()
        let error = await ObjectStoreSuite.failure {
            _ = try store.head(key, in: scope)
        } meanwhile: {
            scope.cancel()
        }
        #expect(error?.cause == .cancelled)
        gate.state.change { $0.isOpen = true }
        #expect(try await all.count == 8)
        #expect(gate.state.hold { $0.most } == 3)
    }

    @Test func `what a store was asked is counted`() throws {
        let measured = MeasuredStore(directory)
        let bench = StoreBench(measured, folder)
        try bench.put("12345", at: "a")
        #expect(try bench.create("123", at: "b") && !bench.create("12", at: "b"))
        #expect(try bench.text("a") == "12345" && bench.keys() == ["a", "b"] && bench.status("a").size == 5)
        #expect(try bench.cause { _ = try bench.text("none") } == .absent)
        #expect(try bench.cause { try bench.put("", at: "a/b") } != nil)
        try bench.delete("a")
        let figures = measured.figures
        #expect(
            figures.mapValues(\.count) == [
                "put": 2, "create": 2, "get": 2, "list": 1, "head": 1, "delete": 1,
            ]
        )
        #expect(figures.mapValues(\.failures).filter { $0.value > 0 } == ["put": 1])
        #expect(figures.mapValues(\.bytes).filter { $0.value > 0 } == ["put": 5, "create": 5, "get": 5])
        #expect(figures.values.allSatisfy { $0.time > .zero })
        #expect(try measured.promises(in: bench.scope).hasAtomicCreate)
    }
}
