// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Testing
internal import Transfer

// Many at once.
extension ObjectStoreSuite {
    @Test(arguments: StoreKind.creators)
    func `of many who create an object at once, one does`(_ kind: StoreKind) async throws {
        let bench = try kind.empty()
        for round in 0..<10 {
            let key = try ObjectKey("v/data/c/\(round)")
            let winners = try await Self.together(16) { index in
                let bytes = [UInt8](repeating: UInt8(index), count: 1_000 + index)
                return try bench.store.create(bytes, at: key, in: bench.scope) == .present ? nil : index
            }
            #expect(winners.count == 1, "round \(round)")
            let winner = try #require(winners.first)
            let bytes = try bench.store.get(key, limit: 10_000, in: bench.scope).bytes
            #expect(bytes == [UInt8](repeating: UInt8(winner), count: 1_000 + winner))
        }
        #expect(try bench.keys().count == 10)
    }

    @Test(arguments: StoreKind.busy)
    func `an object is whole for whoever reads it while it is replaced and deleted`(_ kind: StoreKind)
        async throws
    {
        let bench = try kind.empty()
        let keys = try (0..<3).map { try ObjectKey("busy/\($0)/object") }
        let store = bench.store, scope = bench.scope
        let seen = try await Self.together(9) { index in
            var count = 0
            for round in 0..<40 {
                let key = keys[round % keys.count]
                switch index % 3 {
                case 0:
                    try store.put(
                        [UInt8](repeating: UInt8(round), count: 100_000 + round),
                        at: key,
                        in: scope
                    )
                case 1 where index == 1: try store.delete(key, in: scope)
                default:
                    let object: StoredObject
                    do throws(ObjectError) { object = try store.get(key, limit: 1 << 20, in: scope) } catch {
                        guard error.cause == .absent else { throw error }
                        continue
                    }
                    let value = try #require(object.bytes.first)
                    #expect(
                        object.bytes.count == 100_000 + Int(value) && object.bytes.allSatisfy { $0 == value }
                    )
                    #expect(object.status.size == Int64(object.bytes.count))
                    count += 1
                }
            }
            return count
        }
        #expect(seen.count == 9)
        for key in keys { try store.delete(key, in: scope) }
        #expect(try bench.keys().isEmpty)
    }

    @Test(arguments: StoreKind.busy)
    func `what stays is listed once while others come and go`(_ kind: StoreKind) async throws {
        let bench = try kind.empty()
        let staying = (0..<30).map { "list/\($0 / 10)/stays\($0)" }
        for key in staying { try bench.put("", at: key) }
        let lists = try await Self.together(4) { index -> [String]? in
            if index > 0 {
                for round in 0..<20 {
                    let key = "list/\(round % 5)/goes\(index)"
                    try bench.put("", at: key)
                    try bench.delete(key)
                }
                return nil
            }
            var all: [String] = []
            for _ in 0..<20 {
                all += try bench.keys("list/", limit: 4).filter { $0.contains("stays") } + [""]
            }
            return all
        }
        let rounds = try #require(lists.first).split(separator: "")
        #expect(rounds.count == 20 && rounds.allSatisfy { Array($0) == staying.sorted() })
    }

    /// What something on a thread fails with while another thing is done.
    static func failure(
        _ body: @escaping @Sendable () throws -> Void,
        meanwhile: @escaping @Sendable () async throws -> Void
    ) async -> ObjectError? {
        async let other: Void? = try? meanwhile()
        var error: ObjectError?
        do { try await Thread.run(body) } catch let failure { error = failure as? ObjectError }
        _ = await other
        return error
    }

    /// Does something on so many threads at once; what each brings, but for nil.
    static func together<Result: Sendable>(
        _ count: Int,
        _ body: @escaping @Sendable (Int) throws -> Result?
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            for index in 0..<count { group.addTask { try await Thread.run { try body(index) } } }
            return try await group.reduce(into: []) { if let result = $1 { $0.append(result) } }
        }
    }
}
