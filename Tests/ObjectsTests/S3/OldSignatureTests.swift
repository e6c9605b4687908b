// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// Signatures of version 2, and URLs that are signed: AWS's examples, and servers that take them.
@Suite(.timeLimit(.minutes(5))) struct OldSignatureTests {
    private static let key = AccessKey(
        id: "AKIAIOSFODNN7EXAMPLE",
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )
    private static let file = "/photos/puppy.jpg"

    @Test(arguments: [
        ("GET", file, "", [("Date", "Tue, 27 Mar 2007 19:36:42 +0000")], "bWq2s1WEIj+Ydj0vQ697zp+IXMU="),
        (
            "PUT", file, "",
            [("Date", "Tue, 27 Mar 2007 21:15:45 +0000"), ("Content-Type", "image/jpeg")],
            "MyyxeRY7whkBe+bq8fHCL/2kKUg="
        ),
        ("GET", "/", "prefix", [("Date", "Tue, 27 Mar 2007 19:42:41 +0000")], "htDYFYduRNen8P9ZfE/s9SuKy0U="),
        ("GET", "/", "acl", [("Date", "Tue, 27 Mar 2007 19:44:46 +0000")], "c2WLPFtWHVgbEmeEG93a4cG37dM="),
    ])
    func `the signatures in the documentation are ours`(
        _ method: String,
        _ path: String,
        _ query: String,
        _ fields: [(String, String)],
        _ wanted: String
    ) {
        let made = S3OldSignature(key: Self.key, bucket: "johnsmith", time: 0).authorization(
            method,
            path,
            query: query.isEmpty ? [] : [(query, "")],
            fields: fields.map { (name: $0.0, value: $0.1) }
        )
        #expect(made == "AWS AKIAIOSFODNN7EXAMPLE:\(wanted)")
    }

    @Test func `fields of AWS are signed by their names`() {
        let made = S3OldSignature(key: Self.key, bucket: "static.johnsmith.net", time: 0).authorization(
            "PUT",
            "/db-backup.dat.gz",
            query: [],
            fields: [
                ("User-Agent", "curl/7.15.5"), ("Date", "Tue, 27 Mar 2007 21:06:08 +0000"),
                ("x-amz-acl", "public-read"), ("content-type", "application/x-download"),
                ("Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="),
                ("X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"),
                ("X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"),
                ("X-Amz-Meta-FileChecksum", "0x02661779"), ("X-Amz-Meta-ChecksumAlgorithm", "crc32"),
            ]
        )
        #expect(made == "AWS AKIAIOSFODNN7EXAMPLE:ilyl83RwaSoYIEdixDQcA4OnAnc=")
    }

    @Test func `URLs in the documentation are ours`() {
        let old = S3OldSignature(key: Self.key, bucket: "johnsmith", time: 0)
        #expect(
            old.query("GET", Self.file, until: 1_175_139_620)
                == "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
        )
        #expect(
            S3OldSignature(key: Self.key, bucket: "", time: 1_175_024_202).date
                == "Tue, 27 Mar 2007 19:36:42 +0000"
        )
        let new = S3Signature(key: Self.key, region: "us-east-1", time: 1_369_353_600)
        let query = new.query("GET", "/test.txt", host: "examplebucket.s3.amazonaws.com", seconds: 86_400)
        #expect(
            query.hasSuffix(
                "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
            )
        )
    }

    private func cycle(_ store: any ObjectStore) throws {
        let bench = StoreBench(RetriedStore(store), ()), files = try FileBench()
        for key in ["a b/ñ+&?", "a b/2", "c"] { try bench.put(key, at: key) }
        #expect(
            try bench.text("a b/ñ+&?") == "a b/ñ+&?" && bench.keys("a b/", limit: 1) == ["a b/2", "a b/ñ+&?"]
        )
        let file = try files.file((16 << 20) + 1), copy = try files.empty()
        try bench.store.upload(file, at: ObjectKey("big"), in: bench.scope)
        _ = try bench.store.download(
            ObjectKey("big"),
            to: copy,
            sha256: FileBench.sha256(file),
            in: bench.scope
        )
        try bench.store.delete(bench.keys().map { try ObjectKey($0) }, in: bench.scope)
        #expect(try bench.keys().isEmpty)
    }

    @Test func `a store that knows no other is asked by version 2`() throws {
        var quirks = FakeS3.Quirks()
        quirks.signsOld = true
        quirks.listsOld = true
        let fake = try FakeS3(quirks)
        try cycle(try fake.store(keys: AccessKey(id: "AK", secret: "SK"), signature: .v2))
        let wrong = StoreBench(try fake.store(keys: AccessKey(id: "AK", secret: "XX"), signature: .v2), ())
        #expect(throws: ObjectError.self) { try wrong.put("x", at: "a") }
    }

    /// The servers that are here.
    private static let servers: [StoreKind] = StoreKind.creators.filter(\.isServer)

    private func server(_ kind: StoreKind) throws -> S3Server {
        switch kind {
        case .rados: try S3Server.rados.get()
        case .seaweed: try S3Server.seaweed.get()
        default: try S3Server.moto.get()
        }
    }

    @Test(arguments: servers) func `real stores take version 2 and signed URLs of both`(_ kind: StoreKind)
        throws
    {
        let server = try server(kind)
        try cycle(try server.bucket(signature: .v2))
        for signature in [S3Place.Signature.v4, .v2] {
            let store = try server.bucket(signature: signature), bench = StoreBench(store, ())
            let key = try ObjectKey("a b/ñ")
            let put = try store.url(of: key, for: .put, seconds: 60, in: bench.scope)
            try Shell.run(
                "printf shared | curl -sf -T - -H 'Content-Length: 6' -H 'Transfer-Encoding:' '\(put)'"
            )
            #expect(try bench.text("a b/ñ") == "shared")
            let get = try store.url(of: key, for: .get, seconds: 60, in: bench.scope)
            #expect(try Shell.run("curl -sf '\(get)'") == "shared")
            guard kind != .moto else { continue }  // which takes any signature
            #expect(throws: (any Error).self) { try Shell.run("printf x | curl -sf -T - '\(get)'") }
            #expect(try bench.text("a b/ñ") == "shared")
        }
        #expect(throws: ObjectError.self) {
            _ = try server.bucket().url(of: ObjectKey("a"), for: .get, seconds: 0, in: TransferScope())
        }
    }
}
