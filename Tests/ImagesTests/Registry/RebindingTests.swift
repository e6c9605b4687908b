// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Images

/// Names whose owner changes where they lead, asked of a real resolver: what only this node can reach is not reached.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct RebindingTests {
    static let layer = MemoryRegistry.layer("file", 50_000)
    static let outside = "198.51.100.7"
    static let name = "registry.rebind.test"

    /// Where nobody outside may send us, and how that is called.
    static let inside = [
        ("169.254.169.254", "link-local"), ("10.9.9.9", "private"), ("127.0.0.1", "loopback"),
        ("100.64.0.9", "private"),
    ]

    /// A registry outside that wants a token from `realm`.
    private static func registry(address: String = outside, _ realm: String) throws -> MemoryRegistry {
        try MemoryRegistry(MemoryRegistry.image([layer]), address: address) { asked, honest in
            if asked.fields["authorization"] == "Bearer good" { return honest }
            return Answer(status: 401, fields: [("WWW-Authenticate", "Bearer realm=\"\(realm)\"")])
        }
    }

    private static func tokens(_ address: String) throws -> WebServer {
        try WebServer(address: address) { _ in Answer(body: Array(#"{"token":"good"}"#.utf8)) }
    }

    /// What a pull of `NAME:PORT/app:1` says.
    private static func failure(_ port: UInt16, in shop: Workshop) throws -> String {
        let error = try #require(throws: ImageError.self) { try pull(port, in: shop) }
        #expect(try shop.store().list().isEmpty && shop.store().content.digests().isEmpty)
        return error.description
    }

    @discardableResult
    private static func pull(_ port: UInt16, in shop: Workshop) throws -> Image {
        let server = "\(name):\(port)"
        let client = MemoryRegistry.client([server], attempts: 2)
        return try shop.store().pull(Reference("\(server)/app:1"), from: client)
    }

    @Test(arguments: inside)
    func `a name that leads outside first and inside then is refused when it is connected to`(
        _ address: String,
        _ words: String
    ) throws {
        try PrivateHost.run(addresses: [Self.outside, "169.254.169.254", "10.9.9.9", "100.64.0.9"]) {
            let shop = try Workshop()
            let trap = try Self.tokens(address)
            let registry = try Self.registry("http://\(Self.name):\(trap.server.port)/token")
            let resolver = try TestResolver { _, before in [before == 0 ? Self.outside : address] }
            let text = try Self.failure(registry.web.server.port, in: shop)
            #expect(text.contains("leads to a \(words) address"), "\(text)")
            #expect(registry.web.asked.count == 1 && trap.asked.isEmpty)
            #expect(resolver.asked.count >= 2 && Set(resolver.asked) == [Self.name])
        }
    }

    @Test(arguments: inside)
    func `a name that leads outside and inside at once does not lead inside`(
        _ address: String,
        _ words: String
    ) throws {
        try PrivateHost.run(addresses: [Self.outside, "169.254.169.254", "10.9.9.9", "100.64.0.9"]) {
            let shop = try Workshop()
            let trap = try Self.tokens(address)
            // Nobody listens there on the trap's port.
            let registry = try Self.registry("http://both.test:\(trap.server.port)/token")
            let resolver = try TestResolver { name, _ in
                name == "both.test" ? [Self.outside, address] : [Self.outside]
            }
            let text = try Self.failure(registry.web.server.port, in: shop)
            #expect(text.contains("leads to a \(words) address"), "\(text)")
            #expect(trap.asked.isEmpty && resolver.asked.contains("both.test"))
        }
    }

    @Test func `a registry inside has its tokens and its blobs from inside`() throws {
        try PrivateHost.run(addresses: ["10.9.9.9", "10.9.9.10"]) {
            let shop = try Workshop()
            let tokens = try Self.tokens("10.9.9.10")
            let registry = try Self.registry(address: "10.9.9.9", "http://tokens.test:\(tokens.server.port)/")
            let resolver = try TestResolver { name, _ in [name == "tokens.test" ? "10.9.9.10" : "10.9.9.9"] }
            try Self.pull(registry.web.server.port, in: shop)
            #expect(tokens.asked.count == 1 && resolver.asked.contains("tokens.test"))
        }
    }

    @Test func `a token service that may be asked cannot send us to a cloud's metadata`() throws {
        try PrivateHost.run(addresses: [Self.outside, "169.254.169.254"]) {
            let shop = try Workshop()
            let trap = try Self.tokens("169.254.169.254")
            let place = trap.name
            let tokens = try WebServer(address: Self.outside) { _ in
                Answer(status: 302, fields: [("Location", "http://\(place)/latest/meta-data")])
            }
            let registry = try Self.registry("http://\(Self.name):\(tokens.server.port)/token")
            let resolver = try TestResolver { _, _ in [Self.outside] }
            let text = try Self.failure(registry.web.server.port, in: shop)
            #expect(text.contains("302"), "\(text)")
            #expect(tokens.asked.count == 1 && trap.asked.isEmpty && !resolver.asked.isEmpty)
        }
    }

    @Test(arguments: ["169.254.169.254", "127.0.0.1"])
    func `a blob cannot be where only this node can go, by address and by name`(_ address: String) throws {
        try PrivateHost.run(addresses: [Self.outside, "198.51.100.8", "169.254.169.254"]) {
            let shop = try Workshop()
            let trap = try WebServer(address: address) { _ in Answer(body: Self.layer) }
            let port = trap.server.port
            let place = Mutex("\(address):\(port)")
            let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer]), address: Self.outside) {
                asked,
                honest in
                guard asked.path.hasSuffix("\(Digest(of: Self.layer))") else { return honest }
                let target = place.withLock { $0 }
                return Answer(status: 307, fields: [("Location", "http://\(target)/blob")])
            }
            let resolver = try TestResolver { name, before in
                [name == "blobs.test" ? address : Self.outside]
            }
            for target in ["\(address):\(port)", "blobs.test:\(port)"] {
                place.withLock { $0 = target }
                let text = try Self.failure(registry.web.server.port, in: shop)
                #expect(text.contains("leads to a"), "\(text)")
            }
            #expect(trap.asked.isEmpty && resolver.asked.contains("blobs.test"))
            // Elsewhere outside it may be.
            let store = try WebServer(address: "198.51.100.8") { _ in Answer(body: Self.layer) }
            place.withLock { $0 = store.name }
            try Self.pull(registry.web.server.port, in: shop)
            #expect(store.asked.count == 1)
        }
    }

    @Test func `a name that there is none of is named`() throws {
        try PrivateHost.run(addresses: []) {
            let shop = try Workshop()
            let resolver = try TestResolver { _, _ in nil }
            let text = try Self.failure(5000, in: shop)
            #expect(text.contains("could not resolve host: \(Self.name)"), "\(text)")
            #expect(!resolver.asked.isEmpty)
        }
    }
}
