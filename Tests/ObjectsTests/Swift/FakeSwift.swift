// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A Swift with who gives its tokens, in one server that lies where it is told to.
final class FakeSwift: Sendable {
    /// What is wrong with it.
    struct Quirks: Sendable {
        /// How long tokens last, as it says; nil is nothing.
        var lasts: Int? = 3_600
        /// The same token is given again, as long as it is taken.
        var keepsToken = false
        /// So many requests with a good token are refused.
        var refusals = 0
        /// What it answers to who wants a token.
        var login: Answer?
        /// What it answers to everything else.
        var answer: Answer?
        /// Where the account is, as it says; nil is the truth.
        var account: String?
    }

    private struct State {
        var quirks = Quirks()
        var objects: [String: [UInt8]] = [:]
        var logins = 0
    }

    private final class Content: Sendable {
        let state = Mutex(State())
    }

    private let server: WebServer
    private let content = Content()
    let client: TransferClient

    init() throws {
        client = try TransferClient()
        let content = content
        server = try WebServer { asked in
            let name = asked.fields["host"] ?? ""
            return content.state.withLock { Self.answer(asked, name, &$0) }
        }
    }

    /// What was asked besides tokens.
    var asked: [Asked] { server.asked.filter { !$0.path.hasPrefix("/auth") && !$0.path.hasPrefix("/v3") } }
    /// How often a token was wanted.
    var logins: Int { content.state.withLock { $0.logins } }

    func change(_ body: (inout Quirks) -> Void) { content.state.withLock { body(&$0.quirks) } }

    private static let source = SwiftCredentialSource("auth") {
        SwiftCredentials(
            json: Array(#"{"username": "u", "user_domain_id": "d", "password": "p", "project_id": "p"}"#.utf8)
        )
    }

    func tempAuth() throws -> TempAuth {
        TempAuth(
            try TransferURL("http://\(server.name)/auth/v1.0"),
            client,
            Self.source,
            trust: { () throws(ObjectError) in TransferTrust() }
        )
    }

    func keystone(_ choice: Keystone.Choice = Keystone.Choice()) throws -> Keystone {
        Keystone(
            try TransferURL("http://\(server.name)/v3"),
            choice,
            client,
            Self.source,
            trust: { () throws(ObjectError) in TransferTrust() }
        )
    }

    func store(now: (@Sendable () -> ContinuousClock.Instant)? = nil) throws -> SwiftStore {
        SwiftStore("box", client: client, identity: try tempAuth(), now: now)
    }

    // MARK: Answers

    private static func answer(_ asked: Asked, _ name: String, _ state: inout State) -> Answer {
        let quirks = state.quirks
        if asked.path == "/auth/v1.0" || asked.path == "/v3/auth/tokens" {
            if !quirks.keepsToken || state.logins == 0 { state.logins += 1 }
            return quirks.login ?? login(asked, name, state)
        }
        guard asked.fields["x-auth-token"] == "token-\(state.logins)" else { return Answer(status: 401) }
        if quirks.refusals > 0 {
            state.quirks.refusals -= 1
            return Answer(status: 401)
        }
        if let answer = quirks.answer { return answer }
        switch asked.method {
        case "PUT":
            let hash = HashFunction.md5.hex(asked.body)
            guard asked.fields["etag"].map({ $0 == hash }) ?? true else { return Answer(status: 422) }
            state.objects[asked.path] = asked.body
            return Answer(status: 201)
        case "DELETE":
            return Answer(status: state.objects.removeValue(forKey: asked.path) == nil ? 404 : 204)
        default:
            guard let bytes = state.objects[asked.path] else { return Answer(status: 404) }
            return Answer(fields: [("ETag", HashFunction.md5.hex(bytes))], body: bytes)
        }
    }

    private static func login(_ asked: Asked, _ name: String, _ state: State) -> Answer {
        let account = state.quirks.account ?? "http://\(name)/v1/AUTH_u", token = "token-\(state.logins)"
        guard asked.path == "/v3/auth/tokens" else {
            var fields = [("X-Storage-Url", account), ("X-Auth-Token", token)]
            if let lasts = state.quirks.lasts { fields.append(("X-Auth-Token-Expires", String(lasts))) }
            return Answer(status: 204, fields: fields)
        }
        let text = """
            {"token": {"expires_at": "2015-08-30T13:36:00.000000Z", "catalog": [{"type": "object-store", "endpoints":
            [{"interface": "public", "region_id": "r", "url": "\(account)"}]}]}}
            """
        let fields = [("X-Subject-Token", token), ("Date", "Sun, 30 Aug 2015 12:36:00 GMT")]
        return Answer(status: 201, fields: fields, body: Array(text.utf8))
    }
}
