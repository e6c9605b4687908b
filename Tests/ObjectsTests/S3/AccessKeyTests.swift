// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// Where access keys come from.
@Suite(.timeLimit(.minutes(5))) struct AccessKeyTests {
    private let scope = TransferScope()

    private func key(_ text: String, profile: String = "default") -> AccessKey? {
        AccessKeyText.key(Array(text.utf8), profile: profile)
    }

    @Test func `a key is JSON, or a section of a credentials file`() {
        #expect(
            key(#"{"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": "SK"}"#)
                == AccessKey(id: "AK", secret: "SK")
        )
        let ending = AccessKey(id: "AK", secret: "S/K+=", session: "T", ends: 1_255_369_830)
        let json =
            #"{"AccessKeyId": "AK", "SecretAccessKey": "S/K+=", "NAME": "T", "Expiration": "2009-10-12T17:50:30Z"}"#
        for name in ["Token", "SessionToken"] { #expect(key(json.replacing("NAME", with: name)) == ending) }
        let file = """
            # keys
            [default]
            aws_access_key_id = AK
            AWS_SECRET_ACCESS_KEY=SK=
            ; more
            [ other ]
            aws_access_key_id=AK2
            aws_secret_access_key=SK2
            aws_session_token=T
            region=x

            """
        #expect(key(file) == AccessKey(id: "AK", secret: "SK="))
        #expect(key(file, profile: "other") == AccessKey(id: "AK2", secret: "SK2", session: "T"))
        #expect(key(file, profile: "none") == nil)
    }

    @Test(arguments: [
        "", "{}", "{", "[default]", "AK:SK", #"{"AccessKeyId": "A K", "SecretAccessKey": "SK"}"#,
        #"{"AccessKeyId": "AK", "SecretAccessKey": ""}"#, #"{"AccessKeyId": "A/K", "SecretAccessKey": "S"}"#,
        #"{"AccessKeyId": "AK", "SecretAccessKey": "S", "Expiration": "soon"}"#,
        #"{"AccessKeyId": "AK\r\nX: y", "SecretAccessKey": "S"}"#, "[default]\naws_access_key_id=AK",
    ])
    func `what has no key has none, and says nothing of what is in it`(_ text: String) {
        #expect(key(text) == nil)
        let file = AccessKeyFile("cred:s3.json") { Array(text.utf8) }
        #expect(throws: ObjectError.self) { try file.key(insteadOf: nil, in: scope) }
        do { _ = try file.key(insteadOf: nil, in: scope) } catch {
            #expect(
                "\(error)".contains("has no access key: write") && !"\(error)".contains("AK\","),
                "\(error)"
            )
        }
    }

    /// Gives keys in a row, and counts.
    private final class Row: AccessKeySource {
        let keys: [Result<AccessKey, ObjectError>]
        let count = Atomic(0)
        init(_ keys: [Result<AccessKey, ObjectError>]) { self.keys = keys }
        func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
            let index = count.add(1, ordering: .relaxed).oldValue
            return try keys[min(index, keys.count - 1)].get()
        }
    }

    @Test func `a key is had anew before it ends, and stays while another cannot be had`() throws {
        let first = AccessKey(id: "1", secret: "S", session: "T", ends: 10_000)
        let second = AccessKey(id: "2", secret: "S", session: "T", ends: 20_000)
        let error = ObjectError("ask", "x", .unavailable("not now"))
        let row = Row([.success(first), .failure(error), .success(second), .failure(error)])
        let now = NowBox(5_000), cache = now.cache(of: row)
        func key(_ time: Int64) throws -> AccessKey {
            now.time.store(time, ordering: .relaxed)
            return try cache.key(insteadOf: nil, in: scope)
        }
        #expect(try key(5_000) == first && key(9_699) == first && row.count.load(ordering: .relaxed) == 1)
        #expect(try key(9_800) == first && row.count.load(ordering: .relaxed) == 2)
        #expect(try key(9_900) == second && row.count.load(ordering: .relaxed) == 3)
        #expect(try key(19_999) == second)
        #expect(throws: error) { try key(20_000) }
        #expect(throws: error) { try cache.key(insteadOf: second, in: scope) }
    }

    /// A clock that a test moves.
    private final class NowBox: Sendable {
        let time: Atomic<Int64>
        private let begin = ContinuousClock.now
        init(_ time: Int64) { self.time = Atomic(time) }

        func cache(of source: any AccessKeySource) -> AccessKeyCache {
            AccessKeyCache(
                source,
                now: { self.time.load(ordering: .relaxed) },
                clock: { self.begin + .seconds(self.time.load(ordering: .relaxed)) }
            )
        }
    }

    @Test func `a source that fails is not asked by each request while the key is good`() throws {
        let key = AccessKey(id: "1", secret: "S", session: "T", ends: 10_000)
        let error = ObjectError("ask", "x", .unavailable("not now"))
        let row = Row([.success(key), .failure(error)]), now = NowBox(5_000), cache = now.cache(of: row)
        func asked(_ time: Int64) throws -> Int {
            now.time.store(time, ordering: .relaxed)
            #expect(try cache.key(insteadOf: nil, in: scope) == key)
            return row.count.load(ordering: .relaxed)
        }
        #expect(try asked(5_000) == 1 && asked(9_700) == 2)
        // After 5 s, 10 s and so on, and a minute at most.
        #expect(try asked(9_704) == 2 && asked(9_705) == 3)
        #expect(try asked(9_714) == 3 && asked(9_715) == 4)
        #expect(try asked(9_734) == 4 && asked(9_735) == 5)
        #expect(try asked(9_774) == 5 && asked(9_775) == 6)
        #expect(try asked(9_834) == 6 && asked(9_835) == 7)
        #expect(try asked(9_894) == 7 && asked(9_895) == 8)
        // One that is over, and one that is refused, are no reason to wait.
        #expect(throws: error) { try cache.key(insteadOf: key, in: scope) }
        now.time.store(10_000, ordering: .relaxed)
        #expect(throws: error) { try cache.key(insteadOf: nil, in: scope) }
        #expect(row.count.load(ordering: .relaxed) == 10)
    }

    /// The answer to a HEAD says no more than its status.
    @Test func `a key that has ended is had anew for a question without a body, too`() throws {
        let fake = try FakeS3()
        fake.fill(["a"], bytes: [1, 2])
        fake.change { $0.staleKeys = ["old"] }
        let keys = ["old", "new"].map {
            Result<AccessKey, ObjectError>.success(AccessKey(id: $0, secret: "S"))
        }
        let store = try fake.store(keys: AccessKeyCache(Row(keys)))
        #expect(try store.head(ObjectKey("a"), in: scope).size == 2)
        #expect(fake.asked.map(\.method) == ["HEAD", "GET", "HEAD"])
        #expect(fake.asked[1].fields["range"] == "bytes=0-0")
    }

    @Test func `a key that the store does not take any more is had anew, once`() throws {
        let fake = try FakeS3()
        fake.change { $0.staleKeys = ["old"] }
        let keys = ["old", "new"].map {
            Result<AccessKey, ObjectError>.success(AccessKey(id: $0, secret: "S"))
        }
        let store = try fake.store(keys: AccessKeyCache(Row(keys)))
        try store.put([1], at: ObjectKey("a"), in: scope)
        try store.put([1], at: ObjectKey("b"), in: scope)
        #expect(fake.count == 3)
        fake.change { $0.staleKeys = ["new"] }
        #expect(throws: ObjectError.self) { try store.put([1], at: ObjectKey("c"), in: scope) }
        #expect(fake.count == 5)
    }

    private func chain(_ environment: [String: String], _ files: [String: String] = [:]) throws
        -> AccessKeyChain
    {
        AccessKeyChain(environment: environment, region: "eu-1", client: try TransferClient()) { path in
            guard let text = files[path] else { throw ObjectError("open", path, .absent) }
            return Array(text.utf8)
        }
    }

    @Test func `the first place that is set up has the key`() throws {
        let files = ["/home/.aws/credentials": "[p]\naws_access_key_id=F\naws_secret_access_key=S\n"]
        var environment = ["HOME": "/home", "AWS_PROFILE": "p", "AWS_EC2_METADATA_DISABLED": "true"]
        #expect(try chain(environment, files).key(insteadOf: nil, in: scope).id == "F")
        environment["AWS_ACCESS_KEY_ID"] = "E"
        environment["AWS_SECRET_ACCESS_KEY"] = "S"
        environment["AWS_SESSION_TOKEN"] = ""
        #expect(
            try chain(environment, files).key(insteadOf: nil, in: scope) == AccessKey(id: "E", secret: "S")
        )
        func cause(_ environment: [String: String]) throws -> ObjectError.Cause? {
            do { _ = try chain(environment).key(insteadOf: nil, in: scope) } catch let error as ObjectError {
                return error.cause
            }
            return nil
        }
        #expect(
            try cause(["AWS_EC2_METADATA_DISABLED": "true"]) == .refused("there is none: name one under auth")
        )
        guard case .unavailable = try cause(["AWS_SHARED_CREDENTIALS_FILE": "/none"]) else {
            Issue.record("a file that is named must be there")
            return
        }
    }

    @Test func `a machine says its role after a token was had`() throws {
        let folder = "/latest/meta-data/iam/security-credentials/"
        let server = try WebServer { asked in
            if asked.method == "PUT", asked.path == "/latest/api/token" {
                return asked.fields["x-aws-ec2-metadata-token-ttl-seconds"] == nil
                    ? Answer(status: 400) : Answer(body: Array("proof".utf8))
            }
            guard asked.fields["x-aws-ec2-metadata-token"] == "proof" else { return Answer(status: 401) }
            switch asked.path {
            case folder: return Answer(body: Array("role\n".utf8))
            case folder + "role":
                let text =
                    #"{"Code": "Success", "AccessKeyId": "M", "SecretAccessKey": "S", "Token": "T", "Expiration": "2009-10-12T17:50:30Z"}"#
                return Answer(body: Array(text.utf8))
            default: return Answer(status: 404)
            }
        }
        let key = try chain(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://\(server.name)"])
            .key(insteadOf: nil, in: scope)
        #expect(key == AccessKey(id: "M", secret: "S", session: "T", ends: 1_255_369_830))
        #expect(server.asked.count == 3)
    }

    @Test(.enabled(if: S3Server.isThere, "run `make stores`"))
    func `a token of an identity gives the key of a role`() throws {
        let key = try chain(
            [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/node",
                "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(try S3Server.moto.get().port)/",
            ],
            ["/token": "header.body.signature\n"]
        ).key(insteadOf: nil, in: scope)
        #expect(!key.id.isEmpty && key.session != nil && (key.ends ?? 0) > Int64(time(nil)))
        // A token goes to nobody over a wire that others read.
        #expect(throws: ObjectError.self) {
            try chain(
                [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/node",
                    "AWS_ENDPOINT_URL_STS": "http://sts.example.net/",
                ],
                ["/token": "header.body.signature"]
            ).key(insteadOf: nil, in: scope)
        }
    }
}
