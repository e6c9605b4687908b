internal import Glibc
internal import Linux
internal import Synchronization
// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// Who gets to see a user name, a password and a token, and where a registry can send us.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct RegistryAuthTests {
    static let layer = MemoryRegistry.layer("file", 100_000)
    static let basic = "Basic dXNlcjpzZWNyZXQ="

    private func credentials(_ shop: Workshop, _ registry: String) throws -> String {
        try shop.write(
            Array(#"{"auths":{"\#(registry)":{"auth":"dXNlcjpzZWNyZXQ="}}}"#.utf8),
            to: "auth.json"
        )
    }

    /// A registry that wants a token from `realm`.
    private func registry(realm: @escaping @Sendable (String) -> String) throws -> MemoryRegistry {
        try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.fields["authorization"] != "Bearer good" else { return honest }
            let host = asked.fields["host"] ?? ""
            return Answer(
                status: 401,
                fields: [
                    ("WWW-Authenticate", "Bearer realm=\"\(realm(host))\",service=\"the one\",scope=\"x\"")
                ]
            )
        }
    }

    private static func tokens(address: String = "127.0.0.1") throws -> WebServer {
        try WebServer(address: address) { _ in
            Answer(body: Array(#"{"token":"good","expires_in":300}"#.utf8))
        }
    }

    @Test func `a token service of the same host gets the password, and the registry the token`() throws {
        let shop = try Workshop()
        let tokens = try Self.tokens()
        let name = tokens.name
        let registry = try self.registry { _ in "http://\(name)/token" }
        let file = try credentials(shop, registry.name)
        let client = MemoryRegistry.client([registry.name]) { $0.credentialFiles = [file] }
        _ = try shop.store().pull(Reference("\(registry.name)/team/app:1"), from: client)
        #expect(tokens.asked.count == 1)
        #expect(tokens.asked[0].target == "/token?service=the%20one&scope=repository%3Ateam%2Fapp%3Apull")
        #expect(tokens.asked[0].fields["authorization"] == Self.basic)
        // Asked once without, then with the token: never with the password.
        let seen = registry.web.asked.map { $0.fields["authorization"] ?? "none" }
        #expect(seen == ["none"] + [String](repeating: "Bearer good", count: seen.count - 1))
    }

    @Test func `a token service of another host gets no password unless it is named`() throws {
        let shop = try Workshop()
        let tokens = try Self.tokens(address: "127.0.0.2")
        let name = tokens.name
        let registry = try self.registry { _ in "http://\(name)/token" }
        let file = try credentials(shop, registry.name)
        let client = MemoryRegistry.client([registry.name]) { $0.credentialFiles = [file] }
        _ = try shop.store().pull(Reference("\(registry.name)/app:1"), from: client)
        #expect(tokens.asked.count == 1 && tokens.asked[0].fields["authorization"] == nil)

        let trusting = MemoryRegistry.client([registry.name]) {
            $0.credentialFiles = [file]
            $0.registries[0].tokenHosts = ["127.0.0.2"]
        }
        let other = try Workshop()
        _ = try other.store().pull(Reference("\(registry.name)/app:1"), from: trusting)
        #expect(tokens.asked.count == 2 && tokens.asked[1].fields["authorization"] == Self.basic)
    }

    static let realms: [(String, words: String)] = [
        ("http://a:b@127.0.0.1/", "user name"), ("ftp://127.0.0.1/", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"), ("/token", "is no URL"), ("", "is no URL"),
        ("http://169.254.169.254/latest", "link"), ("http://[fd00:ec2::254]/latest", "reserved"),
        ("http://[fe80::1]/", "link"), ("http://10.0.0.1/", "private"), ("http://[fd12::1]/", "private"),
        ("http://[::ffff:169.254.169.254]/", "link"), ("http://[64:ff9b::a9fe:a9fe]/", "link"),
        ("http://0xa9fea9fe/", "link"), ("http://2852039166/", "link"),
        ("http://0251.0376.0251.0376/", "link"),
        ("http://[::ffff:10.1.1.1]/", "private"), ("http://0.0.0.0/", "reserved"),
        ("http://[::]/", "reserved"),
        ("http://224.0.0.1/", "reserved"), ("http://100.64.0.1/", "private"),
        ("http://[2002:a9fe:a9fe::]/", "link"),
    ]

    @Test(arguments: realms)
    func `a token service where only this node can go is not asked`(_ realm: String, _ words: String) throws {
        let shop = try Workshop()
        let registry = try self.registry { _ in realm }
        let file = try credentials(shop, registry.name)
        let client = MemoryRegistry.client([registry.name], attempts: 1) { $0.credentialFiles = [file] }
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(Reference("\(registry.name)/app:1"), from: client)
        }
        #expect(error?.description.contains(words) == true, "\(realm): \(error?.description ?? "")")
        #expect(try shop.store().content.digests().isEmpty)
    }

    @Test func `a registry that is reached from everywhere cannot send us to this machine`() throws {
        func realm(_ text: String, address: String?) throws -> TokenRealm {
            let reference = try Reference("registry.example.net/app")
            return try TokenRealm(text, of: .origin(of: reference, nil), address: address)
        }
        let outside = try realm("https://registry.example.net/token", address: "93.184.216.34")
        #expect(outside.isTrusted && outside.ranges == [.global])
        // One inside has its tokens from inside.
        let inside = try realm("https://registry.example.net:8443/token", address: "10.1.2.3")
        #expect(inside.isTrusted && inside.ranges == [.global, .private])
        #expect(try realm("https://other.example.net/token", address: "10.1.2.3").isTrusted == false)
        #expect(try realm("https://other.example.net/token", address: nil).ranges == [.global])
        #expect(throws: ImageError.self) {
            try realm("http://registry.example.net/token", address: "10.1.2.3")
        }
        let hub = try TokenRealm(
            "https://auth.docker.io/token",
            of: .origin(of: Reference("redis"), nil),
            address: "93.184.216.34"
        )
        #expect(hub.isTrusted)
    }

    @Test func `a name is judged by the address that it leads to when it is asked`() throws {
        // `localhost` is as good as any name whose owner changed its address.
        let tokens = try WebServer { _ in Answer() }
        let client = try TransferClient()
        let url = try TransferURL("http://localhost:\(tokens.server.port)/")
        let request = TransferRequest("GET", url, ranges: [.global, .private])
        let error = #expect(throws: TransferError.self) { try client.send(request, in: TransferScope()) }
        #expect(error?.description.contains("loopback") == true && error?.isTransient == false)
        #expect(tokens.asked.isEmpty)
        // A connection that somebody else opened there is not used either.
        _ = try client.send(TransferRequest("GET", url), in: TransferScope()).readAll()
        #expect(throws: TransferError.self) { try client.send(request, in: TransferScope()) }
        #expect(tokens.asked.count == 1)
    }

    @Test func `a token service cannot redirect us`() throws {
        let shop = try Workshop()
        let target = try Self.tokens(address: "127.0.0.3")
        let place = target.name
        let tokens = try WebServer { _ in
            Answer(status: 302, fields: [("Location", "http://\(place)/latest")])
        }
        let name = tokens.name
        let registry = try self.registry { _ in "http://\(name)/token" }
        #expect(throws: ImageError.self) {
            try shop.store().pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name], attempts: 1)
            )
        }
        #expect(tokens.asked.count == 1 && target.asked.isEmpty)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a blob that is elsewhere is fetched there without a password`(_ status: Int) throws {
        let shop = try Workshop()
        let elsewhere = try WebServer(address: "127.0.0.2") { asked in
            asked.fields["authorization"] == nil ? Answer(body: Self.layer) : Answer(status: 400)
        }
        let place = elsewhere.name
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.fields["authorization"] == Self.basic else {
                return Answer(status: 401, fields: [("WWW-Authenticate", "Basic realm=\"x\"")])
            }
            guard asked.path.hasSuffix("\(Digest(of: Self.layer))") else { return honest }
            return Answer(status: status, fields: [("Location", "http://\(place)/signed?key=1")])
        }
        let file = try credentials(shop, registry.name)
        let client = MemoryRegistry.client([registry.name]) { $0.credentialFiles = [file] }
        _ = try shop.store().pull(Reference("\(registry.name)/app:1"), from: client)
        #expect(elsewhere.asked.count == 1 && elsewhere.asked[0].fields["authorization"] == nil)
        #expect(elsewhere.asked[0].target == "/signed?key=1")
    }

    static let answers: [(String, Answer)] = [
        ("no token", Answer(body: Array("{}".utf8))),
        ("a line break in it", Answer(body: Array(#"{"token":"a\r\nX: y"}"#.utf8))),
        (
            "a token without end",
            Answer(body: Array(#"{"token":""#.utf8) + [UInt8](repeating: 0x61, count: 2 << 20))
        ),
        ("two tokens", Answer(body: Array(#"{"token":"good","token":"bad"}"#.utf8))),
        ("no JSON", Answer(body: Array("good".utf8))),
        ("no", Answer(status: 401)),
        ("not now", Answer(status: 503)),
    ]

    @Test(arguments: answers.indices)
    func `a token that is none ends the pull`(_ index: Int) throws {
        let shop = try Workshop()
        let tokens = try WebServer { _ in Self.answers[index].1 }
        let name = tokens.name
        let registry = try self.registry { _ in "http://\(name)/token" }
        #expect(throws: ImageError.self, "\(Self.answers[index].0)") {
            try shop.store().pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name], attempts: 1)
            )
        }
        #expect(registry.web.asked.allSatisfy { $0.fields["authorization"] == nil })
    }

    @Test func `a token that holds no more is fetched anew`() throws {
        let shop = try Workshop()
        let given = Mutex(0)
        let tokens = try WebServer { _ in
            let number = given.withLock { count in
                count += 1
                return count
            }
            return Answer(body: Array(#"{"access_token":"t\#(number)","expires_in":300}"#.utf8))
        }
        let name = tokens.name
        let valid = Mutex(1)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            if asked.fields["authorization"] == "Bearer t\(valid.withLock { $0 })" { return honest }
            return Answer(status: 401, fields: [("WWW-Authenticate", "bearer realm=\"http://\(name)/t\"")])
        }
        let client = MemoryRegistry.client([registry.name])
        let reference = try Reference("\(registry.name)/app:1")
        _ = try shop.store().pull(reference, from: client)
        valid.withLock { $0 = 2 }
        let other = try Workshop()
        _ = try other.store().pull(reference, from: client)
        #expect(tokens.asked.count == 2)
    }
}
