// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Images

/// Identity tokens: what `docker login` keeps in place of a password, and trades for tokens by POST.
@Suite(
    .enabled(if: geteuid() == 0 && DebianRegistry.isThere, "needs root, docker-registry and skopeo")
) struct IdentityTokenTests {
    static let layer = MemoryRegistry.layer("file", 50_000)

    private func file(_ registry: String, _ token: String, in shop: Workshop) throws -> String {
        // `auth` is what docker writes beside it: a name, and no password.
        try shop.write(
            Array(#"{"auths":{"\#(registry)":{"auth":"PHRva2VuPjo=","identitytoken":"\#(token)"}}}"#.utf8),
            to: "identity.json"
        )
    }

    @Test func `an identity token is traded for tokens that push and pull, and goes nowhere else`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(.token, in: shop.path + "/registry")
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([Self.layer], name: "\(registry.name)/team/app:1")
        try layout.finish()
        let reference = try Reference("\(registry.name)/team/app:1")
        let store = try shop.store()
        try store.importArchive(layout.path)
        let path = try file(registry.name, TokenServer.identity, in: shop)
        let client = registry.client { $0.credentialFiles = [path] }
        let digest = try store.push(reference, to: reference, by: client)
        let other = try Workshop()
        #expect(try other.store().pull(reference, from: client).digest == digest)
        let asked = try #require(registry.tokens).asked
        #expect(asked.allSatisfy { $0.method == "POST" && $0.target == "/token" })
        #expect(asked.allSatisfy { $0.fields["authorization"] == nil })
        #expect(asked.allSatisfy { $0.fields["content-type"] == "application/x-www-form-urlencoded" })
        // Blobs that are pushed side by side may each ask.
        let forms = ["pull%2Cpush", "pull"].map {
            "service=test&scope=repository%3Ateam%2Fapp%3A\($0)&grant_type=refresh_token&client_id=martlet&refresh_token=eyJ.identity%2Fof%2Buser%3D%3D"
        }
        #expect(Set(asked.map { String(decoding: $0.body, as: UTF8.self) }) == Set(forms))
    }

    @Test func `an identity token that was taken back is told, without telling it`() throws {
        let shop = try Workshop()
        let registry = try DebianRegistry(.token, in: shop.path + "/registry")
        let path = try file(registry.name, "taken.back", in: shop)
        let client = registry.client { $0.credentialFiles = [path] }
        let error = try #require(throws: ImageError.self) {
            try shop.store().pull(Reference("\(registry.name)/team/app:1"), from: client)
        }
        let text = error.description
        #expect(
            text.contains("answers 400") && text.contains("invalid_grant: the token was taken back"),
            "\(text)"
        )
        #expect(!text.contains("taken.back"))
        // Once: what was taken back stays so.
        #expect(registry.tokens?.asked.count == 1)
    }

    @Test func `a token service of another host gets no identity token unless it is named`() throws {
        let shop = try Workshop()
        let tokens = try WebServer(address: "127.0.0.2") { _ in
            Answer(body: Array(#"{"access_token":"good"}"#.utf8))
        }
        let realm = "http://\(tokens.name)/token"
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            if asked.fields["authorization"] == "Bearer good" { return honest }
            return Answer(status: 401, fields: [("WWW-Authenticate", "Bearer realm=\"\(realm)\"")])
        }
        let path = try file(registry.name, TokenServer.identity, in: shop)
        let reference = try Reference("\(registry.name)/app:1")
        let client = MemoryRegistry.client([registry.name]) { $0.credentialFiles = [path] }
        _ = try shop.store().pull(reference, from: client)
        #expect(tokens.asked.count == 1)
        #expect(
            tokens.asked.allSatisfy { $0.method == "GET" && $0.body.isEmpty && !$0.target.contains("eyJ") }
        )
        let trusting = MemoryRegistry.client([registry.name]) {
            $0.credentialFiles = [path]
            $0.registries[0].tokenHosts = ["127.0.0.2"]
        }
        let other = try Workshop()
        _ = try other.store().pull(reference, from: trusting)
        #expect(tokens.asked.last?.method == "POST")
        #expect(!registry.web.asked.contains { $0.fields.values.contains { $0.contains("eyJ") } })
    }
}
