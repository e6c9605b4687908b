// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Testing
internal import Transfer

/// What every store must do, in the words of `ObjectStore`.
@Suite(.timeLimit(.minutes(5))) struct ObjectStoreSuite {
    @Test(arguments: StoreKind.allCases, [0, 1, 1 << 20, (3 << 20) + 7])
    func `an object is what was put last`(_ kind: StoreKind, _ size: Int) throws {
        let bench = try kind.empty()
        let key = try ObjectKey("some/where"), store = bench.store
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* 131 >> 3) }
            filled = size
        }
        let tag = try store.put(bytes, at: key, in: bench.scope)
        let object = try store.get(key, limit: size, in: bench.scope)
        #expect(object.bytes == bytes && object.status.size == Int64(size))
        #expect(try store.head(key, in: bench.scope) == object.status && object.status.tag == tag)
        try store.put([7], at: key, in: bench.scope)
        #expect(try store.get(key, limit: 1, in: bench.scope).bytes == [7])
        try store.delete(key, in: bench.scope)
        #expect(try bench.cause { _ = try store.get(key, limit: 1, in: bench.scope) } == .absent)
        #expect(try bench.cause { _ = try store.head(key, in: bench.scope) } == .absent)
        try store.delete(key, in: bench.scope)
        #expect(try bench.keys().isEmpty)
    }

    @Test(arguments: StoreKind.allCases)
    func `a tag tells a version from all others`(_ kind: StoreKind) throws {
        let bench = try kind.empty()
        let key = try ObjectKey("app.yaml"), store = bench.store
        func read(_ known: EntityTag?) throws -> StoredObject? {
            try store.get(key, nil, limit: 100, unless: known, in: bench.scope)
        }
        var seen: Set<EntityTag> = []
        for text in ["one", "two", "one", "one"] {
            try bench.put(text, at: "app.yaml")
            let object = try #require(try read(nil))
            #expect(String(decoding: object.bytes, as: UTF8.self) == text)
            #expect(try read(object.status.tag) == nil)
            // Some stores call equal bytes by one name.
            let other = seen.first { $0 != object.status.tag } ?? EntityTag("other")
            #expect(try read(other) == object)
            #expect(try bench.status("app.yaml") == object.status)
            let page = try store.list("", after: nil, limit: 10, in: bench.scope)
            #expect(page.entries == [.init(key: key, status: object.status)] && page.next == nil)
            seen.insert(object.status.tag)
        }
        #expect(seen.count >= 2)
    }

    @Test(arguments: StoreKind.allCases)
    func `a part of an object is read, and no more than was wanted`(_ kind: StoreKind) throws {
        let bench = try kind.empty()
        try bench.put("0123456789", at: "ten")
        try bench.put("", at: "none")
        func part(_ key: String, _ range: Range<Int64>?, limit: Int = 10) throws -> String? {
            let object = try bench.store.get(
                ObjectKey(key),
                range,
                limit: limit,
                unless: nil,
                in: bench.scope
            )
            if key == "ten" { #expect(object?.status.size == 10) }
            return object.map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        #expect(try part("ten", 0..<1) == "0" && part("ten", 3..<7) == "3456" && part("ten", 9..<10) == "9")
        #expect(try part("ten", 8..<100) == "89" && part("ten", 0..<Int64.max) == "0123456789")
        #expect(try part("none", nil, limit: 0) == "" && part("ten", 2..<4, limit: 2) == "23")
        for (range, limit) in [(nil, 9), (0..<10, 9), (2..<4, 1)] as [(Range<Int64>?, Int)] {
            let cause = try bench.cause { _ = try part("ten", range, limit: limit) }
            #expect(cause == .tooLarge(limit: limit))
        }
        for (key, range) in [("ten", 10..<11), ("ten", 100..<200), ("ten", 3..<3), ("none", 0..<1)]
            as [(String, Range<Int64>)]
        {
            let cause = try bench.cause { _ = try part(key, range) }
            // Not every store says how large it is.
            let size: Int64 = key == "ten" ? 10 : 0
            #expect(cause == .outside(size: size) || cause == .outside(size: nil), "\(key) \(range)")
        }
    }

    /// As `docs/stores.md` has it.
    @Test(arguments: StoreKind.allCases) func `what a store compares bytes with is known`(_ kind: StoreKind)
        throws
    {
        let bench = try kind.empty()
        let seen = try bench.store.promises(in: bench.scope)
        let compared = [("MD5", seen.checksBytes), ("SHA-256", seen.checksHash), ("CRC-32C", seen.checksSum)]
            .filter(\.1).map(\.0)
        let wanted =
            switch kind {
            case .directory, .sealed, .swiftS3: ["MD5", "SHA-256", "CRC-32C"]
            case .moto: [String]()
            case .seaweed: ["MD5", "CRC-32C"]
            case .rados: ["MD5", "SHA-256"]
            case .swift: ["MD5"]
            }
        #expect(compared == wanted)
    }

    @Test(arguments: StoreKind.creators)
    func `an object is created where there is none`(_ kind: StoreKind) throws {
        let bench = try kind.empty()
        #expect(try bench.create("one", at: "c/1"))
        let before = try bench.status("c/1")
        #expect(try !bench.create("two", at: "c/1"))
        #expect(try bench.text("c/1") == "one" && bench.status("c/1") == before)
        try bench.put("three", at: "c/1")
        #expect(try !bench.create("four", at: "c/1") && bench.text("c/1") == "three")
        try bench.delete("c/1")
        #expect(try bench.create("five", at: "c/1") && bench.text("c/1") == "five")
    }

    @Test(arguments: StoreKind.allCases)
    func `many objects are taken away at once, and some of them may have gone`(_ kind: StoreKind) throws {
        let bench = try kind.empty(), names = ["a/1", "a/2 & <more>", "b", "ñ+%20"]
        for key in names + ["stays"] { try bench.put("", at: key) }
        try bench.store.delete((names + ["never/was"]).map { try ObjectKey($0) }, in: bench.scope)
        #expect(try bench.keys() == ["stays"])
        try bench.store.delete([], in: bench.scope)
    }

    @Test(arguments: StoreKind.allCases)
    func `a store that was called off does nothing`(_ kind: StoreKind) throws {
        let bench = try kind.empty()
        try bench.put("stays", at: "a")
        let scope = TransferScope(), store = bench.store
        scope.cancel()
        let a = try ObjectKey("a"), b = try ObjectKey("b")
        let calls: [() throws -> Void] = [
            { _ = try store.get(a, limit: 10, in: scope) }, { _ = try store.head(a, in: scope) },
            { try store.put([1], at: a, in: scope) }, { _ = try store.create([1], at: b, in: scope) },
            { _ = try store.list("", after: nil, limit: 10, in: scope) }, { try store.delete(a, in: scope) },
        ]
        for call in calls { #expect(try bench.cause(call) == .cancelled) }
        #expect(try bench.keys() == ["a"] && bench.text("a") == "stays")
    }

    // MARK: Keys

    @Test(arguments: StoreKind.allCases)
    func `every key that may be is kept as it is`(_ kind: StoreKind) throws {
        let bench = try kind.empty()
        let long = (0..<4).map { _ in String(repeating: "l", count: 255) }.joined(separator: "/")
        let keys =
            [
                "..a", "a..", "...", ".hidden", " ", " a ", "%2e%2e/x", "a%2Fb", "a+b", "a b", "a&b=c?d#e",
                "~",
                "*",
                "\"'`$(id)", "<&>", "-rf", "ñ", "n\u{303}", "\u{1F426}/\u{FEFF}", "con", "A", "aA/a",
                "Aa/a",
                String(repeating: "é", count: 127), "deep/" + String(repeating: "d/", count: 200) + "d",
                long + "x".dropFirst(),
            ] + (kind == .seaweed ? [] : ["\\"])  // which takes one for a slash
        for key in keys { try bench.put(key, at: key) }
        for key in keys { #expect(try bench.text(key).utf8.elementsEqual(key.utf8), "\(key)") }
        let wanted = keys.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(try bench.keys().map { Array($0.utf8) } == wanted)
        for key in keys { try bench.delete(key) }
        #expect(try bench.keys().isEmpty)
    }

    private static let listed = [
        "a-b", "a.b", "a/b", "a/b-c", "a/c/d", "a/c/e", "a0", "b", "c/0001", "c/0002", "c/0010", "c/01",
        "c0/1",
        "caf\u{e9}/1", "cafe\u{301}/1", "z",
    ]

    @Test(arguments: StoreKind.allCases, [1, 2, 3, 7, 16, 1_000])
    func `keys are listed page by page in the order of their bytes`(_ kind: StoreKind, _ limit: Int) throws {
        // A server takes a while for each page.
        guard !kind.isServer || [3, 1_000].contains(limit) else { return }
        guard limit != (kind == .swift ? 1_000 : kind == .swiftS3 ? 3 : 0) else { return }
        let bench = try kind.empty()
        for key in Self.listed.shuffled() { try bench.put(key, at: key) }
        let all = try Self.listed.map { try ObjectKey($0) }.sorted().map(\.text)
        #expect(try bench.keys(limit: limit) == all)
        let prefixes = [
            "a", "a/", "a/c", "a/c/", "c/00", "c/", "caf\u{e9}", "cafe\u{301}", "b", "b/", "nothing", "a//",
            "/",
            "../", "..", "a/../", ".", "a/b", "c/0001x", String(repeating: "x", count: 5_000), "a\u{0}",
        ]
        for prefix in prefixes {
            let wanted = all.filter { $0.utf8.starts(with: prefix.utf8) }
            #expect(try bench.keys(prefix, limit: limit) == wanted, "\(prefix.debugDescription)")
        }
        for after in all + ["a", "a/", "a/c/d/e", "a/c", "b0", "zz"].filter({ (try? ObjectKey($0)) != nil }) {
            let wanted = all.filter { after.utf8.lexicographicallyPrecedes($0.utf8) }
            #expect(try bench.keys(after: after, limit: limit) == wanted, "\(after)")
            let below = wanted.filter { $0.hasPrefix("a/") }
            #expect(try bench.keys("a/", after: after, limit: limit) == below, "\(after)")
        }
        let page = try bench.store.list("", after: nil, limit: limit, in: bench.scope)
        #expect(page.entries.count == min(limit, all.count))
    }
}
