// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects

/// Tokens of a real Keystone, and what a real Swift makes of them.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SwiftServer.isThere, "run `make stores`")) struct KeystoneTests {
    private let server: KeystoneServer
    private let scope = TransferScope()

    init() throws { server = try KeystoneServer.shared.get() }

    private static let password =
        #"{"username": "node", "password": "secret", "user_domain_name": "Default", "#
        + #""project_name": "files", "project_domain_id": "default"}"#

    /// Gives the tokens of another, and remembers them.
    private final class Witness: SwiftIdentity {
        let other: any SwiftIdentity
        let seen = Monitor<[SwiftToken]>([])
        init(_ other: any SwiftIdentity) { self.other = other }
        func token(in scope: TransferScope) throws(ObjectError) -> SwiftToken {
            let token = try other.token(in: scope)
            seen.change { $0.append(token) }
            return token
        }
    }

    /// Gives a token that is had already, and then those of another.
    private final class Twice: SwiftIdentity {
        let rest: Monitor<[SwiftToken]>
        let other: any SwiftIdentity
        init(first: SwiftToken, then other: any SwiftIdentity) {
            rest = Monitor([first])
            self.other = other
        }
        func token(in scope: TransferScope) throws(ObjectError) -> SwiftToken {
            if let token = rest.change({ $0.popLast() }) { return token }
            return try other.token(in: scope)
        }
    }

    @Test func `a password with a project, by names and by ids, opens a container`() throws {
        let ids = #"{"user_id": "\#(server.user)", "password": "secret", "project_id": "\#(server.project)"}"#
        for words in [Self.password, ids] {
            let witness = Witness(server.identity(words))
            let bench = StoreBench(server.store(witness), server)
            try bench.put("hello", at: "a")
            #expect(try bench.text("a") == "hello")
            let token = try #require(witness.seen.hold { $0.first })
            #expect(witness.seen.hold { $0.count } == 1)
            #expect(token.account.path == "/v1/KEY_\(server.project)")
            #expect(token.lasts.map { $0 > .seconds(3_000) && $0 <= .seconds(3_600) } == true)
            #expect(!"\(token)".contains(token.text) && !String(reflecting: token).contains(token.text))
        }
    }

    @Test func `an application credential, by its id and by its name, opens a container`() throws {
        let (id, name, secret) = try server.application()
        for words in [
            #"{"application_credential_id": "\#(id)", "application_credential_secret": "\#(secret)"}"#,
            #"{"application_credential_name": "\#(name)", "application_credential_secret": "\#(secret)", "#
                + #""username": "node", "user_domain_id": "default"}"#,
        ] {
            let bench = StoreBench(server.store(server.identity(words)), server)
            try bench.put("hello", at: "a")
            #expect(try bench.text("a") == "hello")
        }
    }

    @Test func `a token that was taken back is had anew, and what was asked is asked again`() throws {
        let witness = Witness(server.identity(Self.password))
        let first = try witness.token(in: scope)
        try server.revoke(first)
        let bench = StoreBench(server.store(Twice(first: first, then: witness)), server)
        try bench.put("two", at: "a")
        #expect(try bench.text("a") == "two" && witness.seen.hold { $0.count } == 2)
    }

    @Test func `the address is that of the region and the interface`() throws {
        func cause(_ choice: Keystone.Choice) throws -> ObjectError.Cause? {
            do { _ = try server.identity(Self.password, choice).token(in: scope) } catch {
                return error.cause
            }
            return nil
        }
        #expect(try cause(.init(interface: "internal")) == nil)
        let far = try server.identity(Self.password, .init(region: "us-1")).token(in: scope)
        #expect(far.account.port == 1)
        for (choice, words) in [
            (Keystone.Choice(), "the object-store is in several regions: set region: eu-1 or us-1"),
            (.init(region: "moon"), "the object-store is not in region moon: set region: eu-1 or us-1"),
            (
                .init(interface: "admin"),
                "the object-store has no admin address: set interface: internal or public"
            ),
        ] { #expect(try cause(choice) == .refused(words)) }
    }

    @Test func `who is not known, or has no project, is told so`() throws {
        func text(_ words: String) throws -> String {
            do { _ = try server.identity(words).token(in: scope) } catch {
                guard case .refused(let text) = error.cause else { return "\(error.cause)" }
                return text
            }
            return "it was let in"
        }
        let guessed = try text(Self.password.replacing("\"secret\"", with: "\"guessed\""))
        #expect(guessed.contains("status 401") && guessed.contains("see to the credentials under auth"))
        #expect(!guessed.contains("guessed"))
        #expect(try text(#"{"username": "node", "password": "secret"}"#).contains("no user_domain_name"))
        #expect(
            try text(#"{"user_id": "\#(server.user)", "password": "secret"}"#).contains("no project_name")
        )
        #expect(try text(#"{"user_id": "x"}"#).contains("no password"))
        #expect(try text(#"{"application_credential_secret": "x"}"#).contains("no application_credential_id"))
    }
}
