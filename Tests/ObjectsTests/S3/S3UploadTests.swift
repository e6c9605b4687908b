// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// Uploads in parts that are cut, refused, repeated and forgotten.
@Suite(.timeLimit(.minutes(5))) struct S3UploadTests {
    private let fake: FakeS3
    private let store: any ObjectStore
    private let files: FileBench
    private let file: Descriptor
    private let key: ObjectKey
    private let scope = TransferScope()

    init() throws {
        fake = try FakeS3()
        var policy = RetryPolicy()
        policy.attempts = 2
        policy.first = .milliseconds(1)
        store = RetriedStore(try fake.store(), policy: policy)
        files = try FileBench()
        // Three parts.
        file = try files.file((33 << 20) + 5)
        key = try ObjectKey("big")
    }

    private func upload() throws { try store.upload(file, at: key, progress: files.report, in: scope) }

    /// The numbers of the parts that were sent.
    private var sent: [String] {
        fake.asked.filter { $0.method == "PUT" }.compactMap { FakeS3.words($0)["partNumber"] }
    }

    private func isThere() throws -> Bool {
        guard let bytes = fake.objects["big"] else { return false }
        return try HashFunction.sha256.hash(bytes) == FileBench.sha256(file) && fake.uploads.isEmpty
    }

    @Test(arguments: [false, true]) func `each part has the one hash that the store compares`(_ ignores: Bool)
        throws
    {
        fake.change { $0.ignoresPayload = ignores }
        try upload()
        #expect(try isThere() && sent.sorted() == ["1", "2", "3"])
        for asked in fake.asked where FakeS3.words(asked)["partNumber"] != nil {
            #expect((asked.fields["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD") == ignores)
            #expect((asked.fields["content-md5"] != nil) == ignores)
        }
        #expect(fake.objects.count == 1)
        // What is small goes with it, too, now that it is known; and with both as long as it was not.
        try store.put([1], at: ObjectKey("small"), in: scope)
        let small = try #require(fake.asked.last { $0.method == "PUT" }?.fields)
        #expect((small["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD") == ignores)
        #expect((small["content-md5"] != nil) == ignores)
        #expect(fake.objects["small"] == [1])
    }

    @Test func `a repeat sends the parts that are missing`() throws {
        fake.change { $0.lastPart = 1 }
        #expect(throws: ObjectError.self) { try upload() }
        #expect(fake.uploads.count == 1 && fake.objects["big"] == nil)
        let before = sent.count
        fake.change { $0.lastPart = .max }
        // Another one, as after a restart: it asks the store.
        try upload()
        #expect(try isThere() && sent.dropFirst(before).sorted() == ["2", "3"])
    }

    @Test func `an upload of other bytes is left alone, and one of yesterday is given up`() throws {
        fake.change { $0.lastPart = 1 }
        let other = try files.file((33 << 20) + 5, seed: 2)
        #expect(throws: ObjectError.self) { try store.upload(other, at: key, in: scope) }
        fake.change { $0.lastPart = .max }
        try upload()
        #expect(fake.uploads.count == 1)
        #expect(try fake.objects["big"].map(HashFunction.sha256.hash) == FileBench.sha256(file))
        fake.change { $0.started = "2015-08-29T12:00:00.000Z" }
        try upload()
        #expect(try isThere())
    }

    @Test func `an error inside the last answer is one, and is tried again`() throws {
        fake.change { $0.errorsAtEnd = 1 }
        try upload()
        #expect(try isThere() && sent.count == 3)
        fake.change { $0.errorsAtEnd = 2 }
        let error = #expect(throws: ObjectError.self) { try upload() }
        #expect(error?.cause == .unavailable("InternalError: as it was told"))
    }

    @Test func `an end whose answer was lost is found to be one`() throws {
        fake.change { $0.swallowedEnds = 1 }
        try upload()
        #expect(try isThere() && sent.count == 3)
    }

    @Test func `each part is asked for once, both ways, and nothing else is but the upload itself`() throws {
        try upload()
        // What is left of others, what the store compares, the beginning, three parts, the end.
        #expect(fake.count == 7, "\(fake.asked.map(\.method))")
        let copy = try files.empty()
        _ = try store.download(key, to: copy, in: scope)
        #expect(fake.asked.dropFirst(7).map(\.method) == ["GET", "GET", "GET"])
        #expect(try FileBench.sha256(copy) == FileBench.sha256(file))
    }

    @Test func `progress is told part by part`() throws {
        try upload()
        #expect(files.progress.count == 3 && files.progress.last == (33 << 20) + 5)
    }
}
