internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

// SPDX-License-Identifier: Apache-2.0
@testable internal import Objects

/// What stores do that keep to no book.
@Suite(.timeLimit(.minutes(5))) struct S3QuirkTests {
    private func bench(_ fake: FakeS3) throws -> StoreBench { StoreBench(try fake.store(), fake) }

    @Test func `many objects go with one request, or one by one where a store has none`() throws {
        let fake = try FakeS3(), bench = try bench(fake), keys = (0..<1_500).map { "k/\($0) & more" }
        fake.fill(keys + ["kept"])
        let all = try keys.map { try ObjectKey($0) }
        try bench.store.delete(all, in: bench.scope)
        #expect(fake.count == 2 && fake.objects.keys.sorted() == ["kept"])
        fake.change { $0.kept = "kept" }
        let cause = try bench.cause { try bench.store.delete([ObjectKey("kept")], in: bench.scope) }
        #expect(
            cause
                == .refused(
                    "AccessDenied: kept: let this access key do it; one that may not list is told so for what is absent, too"
                )
        )
        fake.change { $0.deletesOne = true }
        fake.fill(Array(keys.prefix(20)))
        try bench.store.delete(Array(all.prefix(20)), in: bench.scope)
        try bench.store.delete(Array(all.prefix(2)), in: bench.scope)
        #expect(fake.objects.keys.sorted() == ["kept"])
        #expect(fake.asked.filter { $0.target.contains("delete=") }.count == 4)
    }

    @Test(arguments: [FakeS3.Condition.ignored, .unknown, .racy, .early])
    func `a store that does not keep one of two creators creates nothing`(_ condition: FakeS3.Condition)
        throws
    {
        var quirks = FakeS3.Quirks()
        quirks.condition = condition
        let bench = try bench(FakeS3(quirks))
        #expect(try !bench.store.promises(in: bench.scope).hasAtomicCreate)
        #expect(try bench.store.promises(in: bench.scope).checksBytes)
        guard case .refused(let text) = try bench.cause({ _ = try bench.create("x", at: "new") }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(text.contains("does not keep one of two"))
        #expect(try bench.keys().isEmpty)
        let required = RequiredStore(bench.store, [.atomicCreate])
        let cause = try bench.cause { _ = try required.head(ObjectKey("a"), in: bench.scope) }
        #expect(
            cause
                == .refused(
                    "the store does not keep atomic-create, which node.yaml requires of it: use another store, or do without"
                )
        )
        #expect(
            try RequiredStore(bench.store, [.checksum]).list("", after: nil, limit: 1, in: bench.scope)
                .entries.isEmpty
        )
    }

    @Test(arguments: [FakeS3.Sum.ignored, .compared, .unknown])
    func `bytes go with their CRC-32C alone where the store compares it and nobody on the way changes them`(
        _ sum: FakeS3.Sum
    ) throws {
        var quirks = FakeS3.Quirks()
        quirks.sum = sum
        let fake = try FakeS3(quirks), bench = try bench(fake)
        #expect(try bench.store.promises(in: bench.scope).checksSum == (sum == .compared))
        #expect(try bench.create("123456789", at: "a") && bench.text("a") == "123456789")
        try bench.store.put([1], at: ObjectKey("b"), in: bench.scope)
        let fields = fake.asked.filter { $0.method == "PUT" }.suffix(2).map(\.fields)
        for asked in fields {
            #expect((asked["x-amz-checksum-crc32c"] != nil) == (sum == .compared))
            #expect((asked["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD") == (sum == .compared))
            #expect(asked["content-md5"] == nil)
        }
        // The check value that catalogues of CRCs give.
        #expect(sum != .compared || fields[0]["x-amz-checksum-crc32c"] == "4waSgw==")
    }

    @Test(arguments: [
        ("https://store.example", true), ("http://127.0.0.1:9000", true), ("http://[::1]:9000", true),
        ("http://store.example", false), ("http://10.0.0.1", false), ("http://localhost.example", false),
    ]) func `what nobody on the way can change goes by TLS, or stays on this machine`(url: String, isSo: Bool)
        throws
    {
        #expect(try S3Place(endpoint: TransferURL(url), bucket: "b").isTamperProof == isSo)
        #expect(try !S3Place(endpoint: TransferURL(url), bucket: "b", signature: .v2).isTamperProof)
    }

    @Test func `a store is probed once`() throws {
        let fake = try FakeS3(), bench = try bench(fake)
        #expect(try bench.create("x", at: "a") && !bench.create("y", at: "a") && bench.text("a") == "x")
        let count = fake.count
        #expect(count <= 60)
        #expect(
            try bench.store.promises(in: bench.scope)
                == StorePromises(
                    hasAtomicCreate: true,
                    checksBytes: true,
                    checksHash: true,
                    listsByBytes: true
                )
        )
        #expect(try !bench.create("y", at: "a") && fake.count == count + 1)
    }

    @Test func `what a store was seen to do is noted in it, and believed for a week`() throws {
        let fake = try FakeS3(), scope = TransferScope(), note = try StorePromises.note()
        func asked(prefix: String = "", later: Int64 = 0) throws -> (promises: StorePromises, count: Int) {
            let store = try fake.store(prefix: prefix, isNoted: true, later: later), before = fake.count
            return (try store.promises(in: scope), fake.count - before)
        }
        let first = try asked()
        #expect(
            first.promises.hasAtomicCreate && first.count > 40 && fake.objects.keys.sorted() == [note.text]
        )
        let second = try asked(later: 500_000)
        #expect(second.promises == first.promises && second.count == 1)
        // Of another place, too old, from days that are to come, and none.
        let text = try #require(fake.objects[note.text])
        fake.fill(["there/\(note.text)"], bytes: text)
        #expect(try asked(prefix: "there/").count > 40)
        #expect(try asked(later: 700_000).count > 40)
        #expect(try asked(later: 600_000).count > 40 && asked(later: 600_000).count == 1)
        for text in ["", "{}", String(repeating: "[", count: 5_000)] {
            fake.fill([note.text], bytes: Array(text.utf8))
            #expect(try asked().count > 40 && asked().count == 1)
        }
        // What it does not do is noted as well.
        fake.change { $0.condition = .ignored }
        try fake.store().delete(note, in: scope)
        #expect(try !asked().promises.hasAtomicCreate && !asked().promises.hasAtomicCreate)
    }

    @Test func `an error inside an answer that is fine is an error`() throws {
        var quirks = FakeS3.Quirks()
        quirks.errorInside = true
        let bench = try bench(FakeS3(quirks))
        #expect(
            try bench.cause { try bench.put("x", at: "a") } == .unavailable("InternalError: as it was told")
        )
    }

    @Test func `a clock that is wrong is put right once, from the store's`() throws {
        let fake = try FakeS3()
        fake.change { $0.ahead = 3_600 }
        let bench = try bench(fake)
        try bench.put("x", at: "a")
        try bench.put("y", at: "b")
        #expect(fake.count == 3)
        fake.change { $0.ahead = 1 }
        #expect(
            try bench.cause { try bench.put("x", at: "a") }
                == .refused("RequestTimeTooSkewed: as it was told: set the clock of this node")
        )
        #expect(fake.count == 5)
    }

    @Test func `a clock that is wrong is put right by a question without a body, too`() throws {
        let fake = try FakeS3(), key = try ObjectKey("a")
        fake.fill([key.text], bytes: [1, 2])
        fake.change { $0.ahead = 3_600 }
        let bench = try bench(fake)
        #expect(try bench.status(key.text).size == 2 && bench.status(key.text).size == 2)
        #expect(fake.asked.map(\.method) == ["HEAD", "GET", "HEAD", "HEAD"])
        // What cannot be put right is told with its reason.
        fake.change { $0.answer = FakeS3.error(403, "AccessDenied") }
        guard case .refused(let text) = try bench.cause({ _ = try bench.status(key.text) }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(text.hasPrefix("AccessDenied: as it was told"))
        fake.change { $0.answer = Answer(status: 403) }
        #expect(
            try bench.cause { _ = try bench.status(key.text) }
                == .refused("status 403: let this access key do it")
        )
    }

    @Test(arguments: [0, 1, 9]) func `an object that came in part is none`(_ cut: Int) throws {
        let fake = try FakeS3(), bench = try bench(fake)
        try bench.put("0123456789", at: "a")
        fake.change { $0.cut = cut }
        guard case .unavailable = try bench.cause({ _ = try bench.text("a") }) else {
            Issue.record("it was taken")
            return
        }
    }

    @Test func `ranges that a store does not know are cut out of all`() throws {
        let fake = try FakeS3(), bench = try bench(fake)
        try bench.put("0123456789", at: "a")
        fake.change { $0.ignoresRanges = true }
        func part(_ range: Range<Int64>, _ limit: Int) throws -> String? {
            try bench.store.get(ObjectKey("a"), range, limit: limit, unless: nil, in: bench.scope)
                .map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        #expect(try part(3..<5, 2) == "34" && part(8..<100, 10) == "89")
        #expect(try bench.cause { _ = try part(3..<6, 2) } == .tooLarge(limit: 2))
        let file = try FileBench().empty()
        let status = try bench.store.get(ObjectKey("a"), 3..<7, of: nil, into: file, in: bench.scope)
        #expect(try status.size == 10 && file.read(100) == [0, 0, 0] + Array("3456".utf8))
    }

    @Test(arguments: [
        Answer(status: 200, body: Array("1".utf8)),
        Answer(status: 206, fields: [("ETag", "\"a\"")], body: [1]),
        Answer(status: 206, fields: [("ETag", "\"a\""), ("Content-Range", "bytes 5-5/9")], body: [1]),
        Answer(status: 206, fields: [("ETag", "\"a\""), ("Content-Range", "bytes 0-9/1")], body: [1, 2]),
        Answer(status: 206, fields: [("ETag", "\"a\""), ("Content-Range", "bytes 0-0/-1")], body: [1]),
        Answer(status: 200, fields: [("ETag", "\"a\"")], body: [1], hasNoLength: true), Answer(status: 503),
        Answer(status: 500, body: [UInt8](repeating: 0x41, count: 1 << 20)),
    ])
    func `an answer that does not say what comes is none`(_ answer: Answer) throws {
        let fake = try FakeS3(), bench = try bench(fake)
        fake.change { $0.answer = answer }
        let cause = try bench.cause {
            _ = try bench.store.get(ObjectKey("a"), 0..<1, limit: 1, unless: nil, in: bench.scope)
        }
        guard case .unavailable = cause else {
            Issue.record("\(String(describing: cause))")
            return
        }
    }

    @Test(arguments: [
        "", "<a>", "<html/>", "<ListBucketResult><KeyCount>1</KeyCount><Contents/></ListBucketResult>",
        "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<Error><Code>InternalError</Code></Error>",
    ])
    func `what is no list is none`(_ text: String) throws {
        let fake = try FakeS3(), bench = try bench(fake)
        fake.change { $0.answer = Answer(body: Array(text.utf8)) }
        guard case .unavailable = try bench.cause({ _ = try bench.keys() }) else {
            Issue.record("it was taken")
            return
        }
    }

    @Test(arguments: [
        (404, "NoSuchBucket", "there is no bucket 'bucket'"),
        (403, "SignatureDoesNotMatch", "see to the access key"),
        (403, "AccessDenied", "let this access key do it"), (301, "PermanentRedirect", "set the region"),
        (400, "EntityTooLarge", "EntityTooLarge"), (501, "NotImplemented", "the store cannot"),
    ])
    func `what stays so is refused with what helps`(_ status: Int, _ code: String, _ words: String) throws {
        let fake = try FakeS3(), bench = try bench(fake)
        let text = "<Error><Code>\(code)</Code><Message>two\nlines</Message></Error>"
        fake.change { $0.answer = Answer(status: status, body: Array(text.utf8)) }
        let cause = try bench.cause { _ = try bench.text("a") }
        guard case .refused(let text) = cause else {
            Issue.record("\(String(describing: cause))")
            return
        }
        #expect(text.contains(words) && !text.contains("\n"), "\(text)")
    }

    @Test func `everything that is sent is signed, and the owner is told`() throws {
        let fake = try FakeS3()
        let store = try fake.store(owner: "123456789012"), scope = TransferScope()
        try store.put([1, 2, 3], at: ObjectKey("a"), in: scope)
        let asked = try #require(fake.asked.first)
        #expect(asked.fields["x-amz-expected-bucket-owner"] == "123456789012")
        #expect(asked.fields["x-amz-security-token"] == "a-session")
        let names =
            "content-md5;host;x-amz-content-sha256;x-amz-date;x-amz-expected-bucket-owner;x-amz-security-token"
        #expect(asked.fields["authorization"]?.contains("SignedHeaders=\(names), ") == true)
        #expect(asked.fields["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD")
        _ = try store.create([1], at: ObjectKey("b"), in: scope)
        let created = fake.asked.last { $0.path == "/bucket/b" }
        #expect(created?.fields["authorization"]?.contains("host;if-none-match;x-amz") == true)
    }
}
