// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// Real servers, and a network that fails by scripts: what was acknowledged is there, and nothing is what nobody put.
@Suite(.enabled(if: S3Server.isThere, "no servers: make stores"), .timeLimit(.minutes(30)))
struct StoreFaultTests {
    static let scripts = getenv("MARTLET_SOAK") != nil ? 1_000 : 15

    /// What may be at a key; nil among it is nothing.
    private typealias Possible = Set<[UInt8]?>

    @Test(arguments: [FaultyServer.moto, .seaweed])
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
                switch Int.random(in: 0..<5, using: &random) {
                case 0, 1:
                    let isDone: Void? = Self.isDone { () throws(ObjectError) in
                        try bench.store.put(bytes, at: key, in: scope)
                    }
                    possible[key] = isDone == nil ? before.union([bytes]) : [bytes]
                case 2:
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
            }
        }
        let faults = bench.proxy.faults
        #expect(kind.faults.allSatisfy { faults[$0, default: 0] > 0 }, "\(faults)")
        print("\(kind): \(Self.scripts) scripts, \(faults.values.reduce(0, +)) faults: \(faults)")
    }

    /// What came of a call: nil if that is not known.
    private static func isDone<Result>(_ call: () throws(ObjectError) -> Result) -> Result? { try? call() }

    /// What is at a key: nil if that cannot be told, `.some(nil)` if there is nothing.
    private static func found(_ key: ObjectKey, in store: any ObjectStore, _ scope: TransferScope)
        -> [UInt8]??
    {
        do throws(ObjectError) {
            return .some(try store.get(key, limit: 1 << 20, in: scope).bytes)
        } catch {
            return error.cause == .absent ? .some(nil) : nil
        }
    }
}
