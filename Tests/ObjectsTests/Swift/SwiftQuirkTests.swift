// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// What a Swift, and who gives its tokens, may answer that is not as it should be.
@Suite(.timeLimit(.minutes(5))) struct SwiftQuirkTests {
    private let fake: FakeSwift
    private let bench: StoreBench

    init() throws {
        fake = try FakeSwift()
        bench = StoreBench(try fake.store(), fake)
    }

    // MARK: Tokens

    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let seconds = Atomic<Int64>(0)
        var now: ContinuousClock.Instant { start + .seconds(seconds.load(ordering: .relaxed)) }
        func set(_ value: Int64) { seconds.store(value, ordering: .relaxed) }
    }

    @Test func `a token is had anew before it ends, and stays while another cannot be had`() throws {
        let clock = Clock(), key = try ObjectKey("a"), scope = TransferScope()
        let store = try fake.store(now: { clock.now })
        func put(_ time: Int64) throws -> Int {
            clock.set(time)
            try store.put([1], at: key, in: scope)
            return fake.logins
        }
        #expect(try put(0) == 1 && put(3_299) == 1 && put(3_301) == 2)
        // Of a short one the first half is used, whatever comes.
        fake.change { $0.lasts = 100 }
        #expect(try put(7_000) == 3 && put(7_049) == 3 && put(7_051) == 4)
        fake.change { $0.login = Answer(status: 503) }
        clock.set(7_149)
        // The fake counts the attempt, and so takes the old token no more: it was shown, though.
        #expect(throws: ObjectError.self) { try store.put([1], at: key, in: scope) }
        #expect(fake.asked.last?.fields["x-auth-token"] == "token-4")
        let count = fake.asked.count
        clock.set(7_152)
        #expect(throws: ObjectError.self) { try store.put([1], at: key, in: scope) }
        #expect(fake.asked.count == count)
        fake.change { quirks in
            quirks.login = nil
            quirks.lasts = nil
        }
        let known = try put(8_000)
        #expect(try put(1_000_000) == known)
    }

    @Test(arguments: [true, false])
    func `a good token that is refused once is shown again, or another`(_ isSame: Bool) throws {
        fake.change { $0.keepsToken = isSame }
        try bench.put("one", at: "a")
        fake.change { $0.refusals = 1 }
        try bench.put("two", at: "a")
        #expect(try bench.text("a") == "two" && fake.logins == (isSame ? 1 : 2))
        #expect(
            fake.asked.map(\.body).dropLast() == [Array("one".utf8), Array("two".utf8), Array("two".utf8)]
        )
    }

    @Test func `who is refused for ever asks twice, and no more`() throws {
        fake.change { $0.refusals = .max }
        guard case .refused(let text) = try bench.cause({ try bench.put("x", at: "a") }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(text.contains("status 401") && text.contains("does not take its own tokens"))
        #expect(fake.asked.count == 2 && fake.logins == 2)
    }

    @Test func `many who begin at once log in once`() async throws {
        let store = bench.store, scope = bench.scope
        let done = try await ObjectStoreSuite.together(12) { index in
            try store.put([1], at: ObjectKey("many/\(index)"), in: scope)
            return index
        }
        #expect(done.count == 12 && fake.logins == 1)
    }

    @Test(arguments: [
        (Answer(status: 401), "see to the credentials under auth"), (Answer(status: 404), "see to auth_url"),
        (Answer(status: 300), "status 300"), (Answer(status: 503), "status 503"),
        (Answer(status: 204), "where the containers are"),
        (Answer(status: 204, fields: [("X-Storage-Url", "http://127.0.0.1:1/v1/a")]), "has no token"),
        (
            Answer(
                status: 204,
                fields: [("X-Storage-Url", "http://127.0.0.1:1/v1/a"), ("X-Auth-Token", "a b")]
            ),
            "has no token"
        ),
        (Answer(status: 204, fields: [("X-Storage-Url", "file:///etc"), ("X-Auth-Token", "a")]), ""),
        (Answer(status: 302, fields: [("Location", "http://127.0.0.1:1/")]), "status 302"),
        (Answer(status: 200, body: [UInt8](repeating: 0x41, count: 1 << 20)), ""),
    ])
    func `an answer without a token is an error`(_ answer: Answer, _ words: String) throws {
        fake.change { $0.login = answer }
        let cause = try #require(try bench.cause { try bench.put("x", at: "a") })
        let text = ObjectError("put", "a", cause).description
        #expect(text.contains(words), "\(text)")
        #expect(fake.asked.isEmpty && !text.contains("\n"))
        #expect((cause == .unavailable("status 503")) == (answer.status == 503))
    }

    @Test(arguments: [
        (#"{"token": {"expires_at": "2015-08-30T13:36:00Z"}}"#, "the catalog has no object-store"),
        (
            #"{"token": {"expires_at": "x", "catalog": [{"type": "volume", "endpoints": []}]}}"#,
            "the catalog has no object-store"
        ),
        (#"{"token": {"catalog": []}}"#, "no token of Identity API v3"),
        ("<html/>", "no token of Identity API v3"),
        ("", "no token of Identity API v3"),
        (String(repeating: "[", count: 100_000), "no token of Identity API v3"),
        (
            #"""
            {"token": {"expires_at": "x", "catalog": [{"type": "object-store", "endpoints":
            [{"interface": "public", "region_id": null, "url": "gopher://x"}]}]}}
            """#, "neither http nor https"
        ),
    ])
    func `a catalog that does not say where the containers are is an error`(_ text: String, _ words: String)
        throws
    {
        fake.change { quirks in
            let fields = [("X-Subject-Token", "t")]
            quirks.login = Answer(status: 201, fields: fields, body: Array(text.utf8))
        }
        let error = #expect(throws: ObjectError.self) { try fake.keystone().token(in: bench.scope) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func `Keystone's token lasts by its own clock`() throws {
        let token = try fake.keystone().token(in: bench.scope)
        #expect(token.lasts == .seconds(3_600) && token.account.path == "/v1/AUTH_u")
    }

    @Test func `a password and a token are for nobody who listens`() throws {
        let trust: @Sendable () throws(ObjectError) -> TransferTrust = { () throws(ObjectError) in
            TransferTrust()
        }
        let words = Array(#"{"username": "u", "password": "p"}"#.utf8)
        let source = SwiftCredentialSource("auth") { SwiftCredentials(json: words) }
        let open = TempAuth(try TransferURL("http://192.0.2.1/auth/v1.0"), fake.client, source, trust: trust)
        let error = #expect(throws: ObjectError.self) { try open.token(in: bench.scope) }
        #expect(error?.reason == "a password goes by https alone: use an https:// address")
        let call = StoreCall("log in at", "x", bench.scope)
        let safe = try TransferURL("https://k.test/v3"), plain = try TransferURL("http://s.test/v1/a")
        #expect(throws: ObjectError.self) {
            _ = try SwiftToken("t", for: plain, lasts: nil, from: safe, call)
        }
        _ = try SwiftToken("t", for: plain, lasts: nil, from: plain, call)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"username": ""}"#, #"{"username": 1}"#, #"{"user": "u", "password": "p"}"#,
        #"{"username": "u\r\nX-Evil: 1", "password": "p"}"#,
    ])
    func `what are no credentials are none`(_ text: String) {
        #expect(SwiftCredentials(json: Array(text.utf8)) == nil)
    }

    @Test func `credentials are in the environment, too`() {
        let found = SwiftCredentials(environment: [
            "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_X": "x", "HOME": "/",
        ])
        #expect(found == SwiftCredentials(json: Array(#"{"username": "u", "password": "p"}"#.utf8)))
        #expect(SwiftCredentials(environment: ["HOME": "/", "OS_USERNAME": ""]) == nil)
        #expect(found.map { "\($0)" } == "credentials")
    }

    // MARK: Objects

    @Test(arguments: [
        (403, "let the user under auth do it", true), (413, "than the quota", true),
        (400, "status 400", true),
        (501, "the store cannot", true), (422, "changed on their way", false), (409, "status 409", false),
        (429, "status 429", false), (498, "status 498", false), (503, "status 503", false),
        (507, "status 507", false), (202, "the store has a newer one already", false),
    ])
    func `what stays so is refused, and what may pass is not`(_ status: Int, _ words: String, _ stays: Bool)
        throws
    {
        fake.change {
            $0.answer = Answer(status: status, fields: [("Retry-After", "7"), ("X-Trans-Id", "tx1")])
        }
        let error = #expect(throws: ObjectError.self) { try bench.put("x", at: "a") }
        let text = error?.reason ?? ""
        #expect(text.contains(words) && text.contains("tx1"), "\(text)")
        #expect(error?.pause == .seconds(7))
        #expect((error?.cause == .refused(text)) == stays && (error?.cause == .unavailable(text)) == !stays)
    }

    @Test func `bytes that are not those of their hash are no object`() throws {
        fake.change { $0.answer = Answer(fields: [("ETag", "d41d8cd98f00b204e9800998ecf8427e")], body: [1]) }
        #expect(
            try bench.cause { _ = try bench.text("a") }
                == .unavailable("the bytes are not those that its hash is of")
        )
        // One that is made of parts has a hash of theirs.
        fake.change { $0.answer?.fields.append(("X-Static-Large-Object", "True")) }
        #expect(try bench.text("a") == "\u{1}")
        fake.change {
            $0.answer = Answer(fields: [("ETag", "c4ca4238a0b923820dcc509a6f75849b")], body: [0x31], cut: 0)
        }
        guard case .unavailable = try bench.cause({ _ = try bench.text("a") }) else {
            Issue.record("half of it was taken")
            return
        }
    }

    @Test(arguments: [
        "", "{}", "[1]", #"[{"name": "a"}]"#, #"[{"name": "a", "bytes": -1, "hash": "x"}]"#,
        #"[{"name": "b", "bytes": 1, "hash": "x"}, {"name": "a", "bytes": 1, "hash": "x"}]"#,
        #"[{"name": "a", "bytes": 1, "hash": "x"}, {"name": "a", "bytes": 1, "hash": "x"}]"#,
        #"[{"name": "a", "bytes": 1, "hash": "x"}, {"name": "b", "bytes": 1, "hash": "x"}, {"name": "c", "bytes": 1, "hash": "x"}]"#,
        #"[{"subdir": "a/"}]"#, String(repeating: " ", count: 9 << 20),
    ])
    func `what is no list is none`(_ text: String) throws {
        fake.change { $0.answer = Answer(body: Array(text.utf8)) }
        let cause = try bench.cause { _ = try bench.store.list("", after: nil, limit: 2, in: bench.scope) }
        guard case .unavailable = cause else {
            Issue.record("\(String(describing: cause))")
            return
        }
    }

    @Test(arguments: [
        (#"{"Response Status": "200 OK", "Errors": [], "Number Deleted": 4}"#, true),
        (#"{"Response Status": "404 Not Found", "Errors": []}"#, true),
        (#"{"Response Status": "400 Bad Request", "Errors": [["/box_segments/a", "403 Forbidden"]]}"#, false),
        (#"{"Response Status": "502 Bad Gateway", "Errors": []}"#, false), ("", false), ("{}", false),
    ])
    func `a large object is gone when its parts are`(_ text: String, _ isGone: Bool) throws {
        let fields = [("ETag", "\"x\""), ("X-Static-Large-Object", "True")]
        fake.change { $0.answer = Answer(fields: fields, body: Array(text.utf8)) }
        let cause = try bench.cause { try bench.delete("a") }
        #expect((cause == nil) == isGone, "\(String(describing: cause))")
        #expect(
            fake.asked.map(\.target) == ["/v1/AUTH_u/box/a", "/v1/AUTH_u/box/a?multipart-manifest=delete"]
        )
    }
}
