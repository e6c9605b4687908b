// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// Real servers, and a network that fails by scripts: what was acknowledged is there, and nothing is what nobody put.
@Suite(.enabled(if: !FaultyServer.allCases.isEmpty, "no servers: make stores"), .timeLimit(.minutes(30)))
struct StoreFaultTests {
    private static let isLong = getenv("MARTLET_SOAK") != nil
    /// For each server; a thousand for all of them together.
    private static let scripts = isLong ? 1_000 / max(FaultyServer.allCases.count, 1) : 12
    private static let uploads = isLong ? 20 : 2

    /// What may be at a key; nil among it is nothing.
    private typealias Possible = Set<[UInt8]?>

    @Test(arguments: FaultyServer.allCases)
    func `what was acknowledged is there, and nothing is what nobody put`(_ kind: FaultyServer) throws {
        let bench = try kind.bench(), scope = TransferScope()
        for seed in 0..<UInt64(Self.scripts) {
            var random = SeededGenerator(seed: seed &* 77 &+ 1)
            bench.proxy.begin(seed: seed, percent: 20 + Int(seed % 3) * 25)
            let keys = try (0..<4).map { try ObjectKey("script-\(seed)/key-\($0)") }
            var possible = Dictionary(uniqueKeysWithValues: keys.map { ($0, Possible([nil])) })
            for _ in 0..<12 {
                guard let key = keys.randomElement(using: &random), let before = possible[key] else { break }
                let size = Int.random(in: 0...40_000, using: &random)
                let bytes =
                    (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed)) }
                    + withUnsafeBytes(of: random.next()) { Array($0) }
                switch Int.random(in: 0..<8, using: &random) {
                case 0, 1:
                    let isDone: Void? = Self.isDone { () throws(ObjectError) in
                        try bench.store.put(bytes, at: key, in: scope)
                    }
                    possible[key] = isDone == nil ? before.union([bytes]) : [bytes]
                case 2 where kind.isCreator:
                    let made = Self.isDone { () throws(ObjectError) in
                        try bench.store.create(bytes, at: key, in: scope) != .present
                    }
                    switch made {
                    case nil: possible[key] = before.contains(nil) ? before.union([bytes]) : before
                    case true?:
                        #expect(before.contains(nil), "seed \(seed): made where something was")
                        possible[key] = [bytes]
                    case false?:
                        possible[key] = before.subtracting([nil])
                        #expect(possible[key] != [], "seed \(seed): not made, and nothing was there")
                    }
                case 3:
                    let isDone: Void? = Self.isDone { () throws(ObjectError) in
                        try bench.store.delete(key, in: scope)
                    }
                    possible[key] = isDone == nil ? before.union([nil]) : [nil]
                case 4:
                    let some = keys.filter { _ in Bool.random(using: &random) }
                    let isDone: Void? = Self.isDone { () throws(ObjectError) in
                        try bench.store.delete(some, in: scope)
                    }
                    for key in some {
                        possible[key] = isDone == nil ? possible[key, default: []].union([nil]) : [nil]
                    }
                case 5:
                    let page = Self.isDone { () throws(ObjectError) in
                        try bench.store.list("script-\(seed)/", after: nil, limit: 10, in: scope)
                    }
                    if let page { Self.check(page, possible, seed) }
                default:
                    guard let found = Self.found(key, in: bench.store, scope) else { break }
                    #expect(before.contains(found), "seed \(seed): \(key.text) is what nobody put")
                    possible[key] = [found]
                }
            }
            bench.proxy.begin(seed: seed, percent: 0)
            for key in keys {
                let found = try #require(Self.found(key, in: bench.store, scope), "seed \(seed)")
                #expect(
                    possible[key]?.contains(found) == true,
                    "seed \(seed): \(key.text) is not what was put"
                )
                possible[key] = [found]
            }
            let page = try bench.store.list("script-\(seed)/", after: nil, limit: 10, in: scope)
            Self.check(page, possible, seed)
        }
        let faults = bench.proxy.faults
        #expect(kind.faults.allSatisfy { faults[$0, default: 0] > 0 }, "\(faults)")
        print("\(kind): \(Self.scripts) scripts, \(faults.values.reduce(0, +)) faults: \(faults)")
    }

    @Test(arguments: FaultyServer.allCases)
    func `a file in parts is there whole or not at all, and goes on where it was cut`(_ kind: FaultyServer)
        throws
    {
        let bench = try kind.bench(), scope = TransferScope(), key = try ObjectKey("large")
        // Two parts.
        let file = try FileBench().file((16 << 20) + 5), hash = try FileBench.sha256(file)
        func isThere() throws -> Bool {
            let found = try #require(Self.found(key, in: bench.direct, scope))
            if let found { #expect(HashFunction.sha256.hash(found) == hash) }
            return found != nil
        }
        for seed in 0..<UInt64(Self.uploads) {
            bench.proxy.begin(seed: seed, percent: 20 + Int(seed % 3) * 25)
            let isDone: Void? = Self.isDone { () throws(ObjectError) in
                _ = try bench.store.upload(file, at: key, in: scope)
            }
            bench.proxy.begin(seed: seed, percent: 0)
            let isFound = try isThere()
            #expect(isFound || isDone == nil, "seed \(seed): it was acknowledged, and is not there")
            try bench.store.upload(file, at: key, in: scope)
            #expect(try isThere(), "seed \(seed)")
            try bench.store.delete(key, in: scope)
        }
        print("\(kind): \(Self.uploads) uploads, \(bench.proxy.faults)")
    }

    /// A list has what is there, as large as it is, and nothing else.
    private static func check(_ page: ObjectPage, _ possible: [ObjectKey: Possible], _ seed: UInt64) {
        let sizes = Dictionary(page.entries.map { ($0.key, $0.status.size) }) { one, _ in one }
        #expect(page.entries.count == sizes.count && page.next == nil, "seed \(seed): \(page)")
        #expect(sizes.keys.allSatisfy { possible[$0] != nil }, "seed \(seed): \(page)")
        for (key, contents) in possible {
            let isRight = contents.contains { content in content.map { Int64($0.count) } == sizes[key] }
            #expect(isRight, "seed \(seed): \(key.text) is listed with \(sizes[key] ?? -1) bytes")
        }
    }

    /// What came of a call: nil if that is not known.
    private static func isDone<Result>(_ call: () throws(ObjectError) -> Result) -> Result? { try? call() }

    /// What is at a key: nil if that cannot be told, `.some(nil)` if there is nothing.
    private static func found(_ key: ObjectKey, in store: any ObjectStore, _ scope: TransferScope)
        -> [UInt8]??
    {
        do throws(ObjectError) {
            return .some(try store.get(key, limit: 32 << 20, in: scope).bytes)
        } catch {
            return error.cause == .absent ? .some(nil) : nil
        }
    }
}
