// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// What a real Swift does beyond what all stores do.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SwiftServer.isThere, "run `make stores`")) struct SwiftStoreTests
{
    private let server: SwiftServer
    private let store: SwiftStore
    private let bench: StoreBench

    init() throws {
        server = try SwiftServer.shared.get()
        store = try server.store(prefix: "nodes/")
        bench = StoreBench(store, ())
    }

    @Test func `nothing is created where there must be none, and bytes are checked`() throws {
        let promises = try store.promises(in: bench.scope)
        #expect(!promises.hasAtomicCreate && promises.checksBytes)
        guard case .refused(let text) = try bench.cause({ _ = try bench.create("x", at: "new") }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(text.contains("does not keep one of two"))
        #expect(try bench.keys().isEmpty)
        let cause = try bench.cause {
            try RequiredStore(store, [.atomicCreate]).put([1], at: ObjectKey("a"), in: bench.scope)
        }
        guard case .refused = cause else {
            Issue.record("\(String(describing: cause))")
            return
        }
    }

    @Test func `a container that is missing is made if that is wanted, and is an error else`() throws {
        let outer = SwiftStore(server.container(), client: server.client, identity: try server.identity())
        let bench = StoreBench(outer, ())
        let wanted = "there is no container '\(outer.container)': make it, or set create: true"
        #expect(try bench.cause { try bench.put("x", at: "a") } == .refused(wanted))
        #expect(try bench.cause { _ = try bench.keys() } == .refused(wanted))
        #expect(try bench.cause { _ = try bench.text("a") } == .absent)
        try bench.delete("a")
        #expect(try self.bench.keys().isEmpty)
        try self.bench.put("x", at: "a")
        #expect(try self.bench.keys() == ["a"])
        let whole = SwiftStore(store.container, client: server.client, identity: try server.identity())
        #expect(try StoreBench(whole, ()).keys() == ["nodes/a"])
    }

    @Test func `who may not is told so`() throws {
        let wrong = SwiftStore(
            store.container,
            client: server.client,
            identity: try server.identity(password: "guessed")
        )
        guard
            case .refused(let text) = try bench.cause({
                try wrong.put([1], at: ObjectKey("a"), in: bench.scope)
            })
        else {
            Issue.record("it was let in")
            return
        }
        #expect(
            text.contains("status 401") && text.contains("see to the credentials")
                && !text.contains("guessed")
        )
        let reader = SwiftStore(
            store.container,
            client: server.client,
            identity: try server.identity(user: "test:reader", password: "reading")
        )
        guard
            case .refused(let other) = try bench.cause({
                try reader.put([1], at: ObjectKey("a"), in: bench.scope)
            })
        else {
            Issue.record("it was let in")
            return
        }
        #expect(other.contains("status 403") && other.contains("let the user under auth do it"))
    }

    // MARK: Large objects

    private static let size = 250_000
    private static let segment: Int64 = 100_000

    private func file(_ seed: UInt8) throws -> (Descriptor, [UInt8]) {
        let bytes = (0..<Self.size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) ^ seed }
        let file = try bytes.withUnsafeBytes { try Descriptor.sealed("large", $0) }
        return (file, bytes)
    }

    private func upload(
        _ file: Descriptor,
        _ key: ObjectKey,
        progress: @escaping FileUpload.Progress = { _, _ in }
    ) throws {
        let upload = try FileUpload(file, progress: progress)
        try store.upload(upload, at: key, segment: Self.segment, StoreCall("put", key.text, bench.scope))
    }

    /// The objects of the container that has the parts.
    private func parts() throws -> [String] {
        let parts = SwiftStore(
            store.container + "_segments",
            client: server.client,
            identity: try server.identity()
        )
        return try StoreBench(parts, ()).keys()
    }

    @Test func `a large object is made of parts, and goes with them`() throws {
        let (file, bytes) = try file(0), key = try ObjectKey("packs/a b")
        let told = Monitor<[Int64]>([])
        try upload(file, key) { count, _ in told.change { $0.append(count) } }
        #expect(told.hold { $0.sorted() } == told.hold { $0 } && told.hold { $0.last } == Int64(Self.size))
        let object = try store.get(key, limit: Self.size, in: bench.scope)
        #expect(object.bytes == bytes && object.status.size == Int64(Self.size))
        #expect(try store.head(key, in: bench.scope) == object.status)
        let page = try store.list("packs/", after: nil, limit: 10, in: bench.scope)
        #expect(page.entries == [.init(key: key, status: object.status)])
        #expect(try store.get(key, nil, limit: Self.size, unless: object.status.tag, in: bench.scope) == nil)
        let part = try store.get(key, 99_998..<100_003, limit: 5, unless: nil, in: bench.scope)
        #expect(part?.bytes == Array(bytes[99_998..<100_003]))
        #expect(try parts().count == 3)
        #expect(try parts().allSatisfy { $0.hasPrefix("nodes/packs/a b/\(object.status.tag.text)/0000000") })
        try store.delete(key, in: bench.scope)
        #expect(try parts().isEmpty && bench.keys().isEmpty)
        try store.delete(key, in: bench.scope)
    }

    @Test func `an upload goes on with the parts that are there`() throws {
        let (file, bytes) = try file(1), key = try ObjectKey("pack"), told = Monitor<[Int64]>([])
        try upload(file, key)
        let all = try parts()
        let segments = SwiftStore(
            store.container + "_segments",
            client: server.client,
            identity: try server.identity()
        )
        // One is missing, and one is not what it was.
        try segments.delete(ObjectKey(all[0]), in: bench.scope)
        try segments.put([1, 2, 3], at: ObjectKey(all[2]), in: bench.scope)
        try upload(file, key) { count, _ in told.change { $0.append(count) } }
        #expect(
            told.hold { $0 } == [100_000, 200_000, 250_000]
                || told.hold { $0 } == [100_000, 150_000, 250_000]
        )
        #expect(try store.get(key, limit: Self.size, in: bench.scope).bytes == bytes)
        #expect(try parts() == all)
    }

    @Test func `a small file is an object like others`() throws {
        let (file, bytes) = try file(2), key = try ObjectKey("small")
        try store.upload(file, at: key, in: bench.scope)
        #expect(try store.get(key, limit: Self.size, in: bench.scope).bytes == bytes)
        let scope = TransferScope()
        scope.cancel()
        #expect(try bench.cause { try store.upload(file, at: key, in: scope) } == .cancelled)
    }

    @Test func `a large object whose part is gone is none`() throws {
        let (file, _) = try file(3), key = try ObjectKey("torn")
        try upload(file, key)
        let segments = SwiftStore(
            store.container + "_segments",
            client: server.client,
            identity: try server.identity()
        )
        try segments.delete(ObjectKey(try parts()[1]), in: bench.scope)
        guard
            case .unavailable = try bench.cause({ _ = try store.get(key, limit: Self.size, in: bench.scope) })
        else {
            Issue.record("it was read")
            return
        }
        try store.delete(key, in: bench.scope)
        #expect(try parts().isEmpty && bench.keys().isEmpty)
    }
}
