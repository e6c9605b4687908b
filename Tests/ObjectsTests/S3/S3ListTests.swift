// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// Lists of stores that have others than S3, or an order of their own.
@Suite(.timeLimit(.minutes(5))) struct S3ListTests {
    private func bench(_ fake: FakeS3) throws -> StoreBench { StoreBench(try fake.store(), fake) }

    @Test(arguments: [true, false]) func `a store with old lists alone is listed by them`(_ isRefused: Bool)
        throws
    {
        var quirks = FakeS3.Quirks()
        quirks.listsOld = !isRefused
        quirks.refusesNewLists = isRefused
        let fake = try FakeS3(quirks), bench = try bench(fake)
        let keys = (0..<7).map { "a/\($0)" }
        for key in keys { try bench.put(key, at: key) }
        #expect(try bench.keys("a/", limit: 2) == keys)
        // It is asked for a new one once.
        #expect(fake.asked.filter { $0.target.contains("list-type=2") }.count == 1)
    }

    @Test func `a list that is in no order, or not what was asked for, is none`() throws {
        var quirks = FakeS3.Quirks()
        quirks.isShuffled = true
        let bench = try bench(FakeS3(quirks))
        for key in ["a", "b"] { try bench.put(key, at: key) }
        #expect(
            try bench.cause { _ = try bench.keys() }
                == .unavailable("the store lists what was not asked for, or in no order")
        )
    }

    @Test(arguments: [false, true]) func `lists of a store with an order of its own are in that of keys`(
        _ isReadOnly: Bool
    ) throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2 {
            var quirks = FakeS3.Quirks()
            quirks.listsFolders = true
            let fake = try FakeS3(quirks), bench = try bench(fake)
            let names = ["a", "a-", "a.b", "b", "a0"]
            var keys: Set<String> = []
            for _ in 0..<12 {
                let parts = (0...Int.random(in: 0...2, using: &random)).map { _ in
                    names.randomElement(using: &random) ?? ""
                }
                keys.insert("in/" + parts.joined(separator: "/"))
            }
            for key in keys { try bench.put("", at: key) }
            fake.change { $0.isReadOnly = isReadOnly }
            let all = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for limit in [1, 2, 5, 30] { #expect(try bench.keys("in/", limit: limit) == all) }
            for after in all {
                let rest = all.filter { after.utf8.lexicographicallyPrecedes($0.utf8) }
                #expect(try bench.keys("in/", after: after, limit: 3) == rest, "\(after)")
                #expect(
                    try bench.keys("in/a", after: after, limit: 2) == rest.filter { $0.hasPrefix("in/a") }
                )
            }
        }
    }

    @Test func `a list by folders is read no further than it has to be`() throws {
        var quirks = FakeS3.Quirks()
        quirks.listsFolders = true
        let fake = try FakeS3(quirks), bench = try bench(fake)
        let keys = (0..<2_500).map { "c/" + String($0 + 10_000) }
        fake.fill(keys)
        _ = try bench.store.list("", after: nil, limit: 1, in: bench.scope)
        let count = fake.count
        #expect(try bench.keys("c/", limit: 1_000) == keys)
        #expect(fake.count - count <= 6)
    }

    @Test func `names that are no keys are left out of lists, and do not end them`() throws {
        let fake = try FakeS3()
        let outer = StoreBench(try fake.store(), ()), inner = StoreBench(try fake.store(prefix: "in/"), ())
        for key in ["in/a", "in/b", "out"] { try outer.put(key, at: key) }
        // What another program left: a folder's mark, and an empty part.
        let place = try S3Place(endpoint: TransferURL("http://127.0.0.1:1"), bucket: "bucket")
        #expect(place.url(of: "a b/ñ", query: "").path == "/bucket/a%20b/%C3%B1")
        #expect(try inner.keys(limit: 1) == ["a", "b"] && inner.text("a") == "in/a")
        #expect(try outer.keys() == ["in/a", "in/b", "out"])
        #expect(fake.asked.contains { $0.target.contains("prefix=in%2F") })
    }
}
