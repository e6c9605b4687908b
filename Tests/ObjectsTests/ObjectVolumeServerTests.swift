// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects
@testable internal import Volumes

/// Folders of objects on a real server, with keys that no folder of a node has.
@Suite(.enabled(if: S3Server.isThere, "no servers: make stores"), .timeLimit(.minutes(5)))
struct ObjectVolumeServerTests {
    @Test func `files go to a server and come back, and no key leads out of their folder`() throws {
        let server = try S3Server.moto.get(), bucket = try server.bucket()
        let store = RetriedStore(bucket), scope = TransferScope(), folder = try StoreFolder()
        let volume = ObjectVolume(try ObjectPlace("site"), in: store)
        try folder.run(
            "mkdir -p a/deep b incoming; cd a; for n in $(seq 200); do echo $n >deep/$n; done; echo ñ >'ü %2F+'"
        )
        func opened(_ name: String) throws -> Descriptor {
            try Descriptor.open("\(folder.path)/\(name)", O_RDONLY | O_DIRECTORY)
        }
        #expect(try volume.send(opened("a"), beside: opened("incoming"), in: scope)?.put == 201)
        #expect(try volume.send(opened("a"), beside: opened("incoming"), in: scope) == nil)
        let place = "http://127.0.0.1:\(server.port)/\(bucket.client.place.bucket)"
        func put(_ key: String) throws {
            let type = "-H 'Content-Type: application/octet-stream' --data-binary theirs"
            let sign = "--aws-sigv4 aws:amz:us-east-1:s3 --user AK:SK"
            try folder.run("curl -sf --path-as-is -X PUT \(type) \(sign) '\(place)/\(key)'")
        }
        // A folder as consoles make them, ways out, and a file that is a folder as well.
        for key in [
            "site/folder/", "site/..%2F..%2Fout", "site/deep//x", "site/./x", "site/both", "site/both/x",
            "other/x",
        ] {
            try put(key)
        }
        let other = ObjectVolume(try ObjectPlace("site"), in: store)
        #expect(try other.fetch(opened("b"), beside: opened("incoming"), in: scope) == 202)
        #expect(try folder.run("cat b/both/x; rm -r b/both; diff -r a b; ls") == "theirsa\nb\nincoming\n")
        let reason = other.refusal?.description ?? ""
        #expect(reason.contains("site/both: is an object, and so is what is below it"), "\(reason)")
        // What somebody else put in the meantime is not lost.
        try put("site/deep/7")
        try folder.run("echo mine >a/deep/7")
        #expect(try volume.send(opened("a"), beside: opened("incoming"), in: scope)?.put == 1)
        #expect(try folder.run("cat a/deep/7.theirs-*") == "theirs")
        #expect(try store.get(ObjectKey("site/deep/7"), limit: 100, in: scope).bytes == Array("mine\n".utf8))
    }
}
