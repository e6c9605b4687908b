internal import Glibc
internal import Linux
internal import Synchronization
// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// What a registry may say that is not so, and what comes of it: never a byte in the store.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct LyingRegistryTests {
    typealias Lie = @Sendable (Asked, Answer) -> Answer?

    static let layer = MemoryRegistry.layer("file", 200_000)
    static let other = MemoryRegistry.layer("other", 200_000, seed: 8)

    /// The same lie about the first layer.
    private static func ofLayer(_ lie: @escaping @Sendable (Asked, Answer) -> Answer?) -> Lie {
        { asked, honest in asked.path.hasSuffix("\(Digest(of: layer))") ? lie(asked, honest) : honest }
    }

    private static func changed(_ change: @escaping @Sendable (inout Answer) -> Void) -> Lie {
        ofLayer { _, honest in
            var answer = honest
            change(&answer)
            return answer
        }
    }

    static let lies: [(String, words: String, Lie)] = [
        ("one bit is another", "expected sha256:", changed { $0.body[100_000] ^= 1 }),
        ("the first bit is another", "expected sha256:", changed { $0.body[0] ^= 0x80 }),
        ("another blob of the same size", "expected sha256:", changed { $0.body = other }),
        ("it ends early, with its own length", "length of", changed { $0.body.removeLast(10) }),
        (
            "it ends early, without a length", "bytes",
            changed {
                $0.body.removeLast(10); $0.hasNoLength = true
            }
        ),
        (
            "it ends early, in HTTP/1.0", "bytes",
            changed {
                $0.body.removeLast(10); $0.hasNoLength = true; $0.version = "HTTP/1.0"
            }
        ),
        ("a byte more, with its length", "length of", changed { $0.body.append(0) }),
        (
            "bytes more, without a length", "longer than",
            changed {
                $0.body += [UInt8](repeating: 0, count: 1 << 20); $0.hasNoLength = true
            }
        ),
        ("a length of nothing", "length of", changed { $0.body = [] }),
        ("compressed on the way", "gzip", changed { $0.fields.append(("Content-Encoding", "gzip")) }),
        ("an answer in part that nobody asked for", "which", changed { $0.status = 206 }),
        (
            "a part from elsewhere", "from",
            changed {
                $0.status = 206; $0.fields = [("Content-Range", "bytes 5-9/200")]
            }
        ),
        (
            "an endless head", "head of the answer",
            changed {
                $0.fields += (0..<2000).map { ("X-\($0)", String(repeating: "y", count: 60)) }
            }
        ),
        (
            "no such blob", "not found",
            changed {
                $0.status = 404; $0.body = []
            }
        ),
        ("an error", "answers 500", changed { $0.status = 500 }),
        (
            "too many requests", "answers 429",
            changed {
                $0.status = 429; $0.fields = [("Retry-After", "0")]
            }
        ),
        ("no HTTP", "", changed { $0.version = "SMTP" }),
        ("the connection ends", "", ofLayer { _, _ in nil }),
        (
            "redirects without end", "redirected more than",
            ofLayer { asked, _ in
                Answer(status: 307, fields: [("Location", asked.target)])
            }
        ),
        (
            "redirect to a file", "neither http nor https",
            changed {
                $0.status = 307; $0.fields = [("Location", "file:///etc/passwd")]
            }
        ),
        ("redirect to nowhere", "redirect leads nowhere", changed { $0.status = 302 }),
        (
            "redirect with a user name", "user name",
            changed {
                $0.status = 302; $0.fields = [("Location", "http://a:b@127.0.0.1/")]
            }
        ),
    ]

    @Test(arguments: lies.indices)
    func `a lie about a layer is found out, and nothing of it stays`(_ index: Int) throws {
        let (title, words, lie) = Self.lies[index]
        let shop = try Workshop()
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer]), lie: lie)
        let store = try shop.store()
        let error = #expect(throws: ImageError.self, "\(title)") {
            try store.pull(Reference("\(registry.name)/app:1"), from: MemoryRegistry.client([registry.name]))
        }
        let text = error?.description ?? ""
        #expect(text.contains(words), "\(title): \(text)")
        #expect(try store.list().isEmpty)
        #expect(try store.content.digests().isEmpty, "\(title)")
        #expect(try store.layers.diffIDs().isEmpty)
        // And the truth is taken afterwards, whatever was kept.
        let honest = try MemoryRegistry(MemoryRegistry.image([Self.layer]))
        let image = try store.pull(
            Reference("\(honest.name)/app:1"),
            from: MemoryRegistry.client([honest.name])
        )
        #expect(image.layers.count == 1)
        #expect(try Workshop.run("find \(shop.path)/store/content -name '.part-*'") == "", "\(title)")
    }

    static let manifests: [(String, words: String, Lie)] = [
        (
            "another digest in the head", "expected sha256:",
            { asked, honest in
                guard asked.path.hasSuffix("/manifests/1") else { return honest }
                var answer = honest
                answer.fields.append(("Docker-Content-Digest", "sha256:" + String(repeating: "0", count: 64)))
                return answer
            }
        ),
        (
            "a type that is none", "media type text/html",
            { asked, honest in
                guard asked.path.hasSuffix("/manifests/1") else { return honest }
                return Answer(fields: [("Content-Type", "text/html")], body: honest.body)
            }
        ),
        (
            "a manifest as an index", "index",
            { asked, honest in
                guard asked.path.hasSuffix("/manifests/1") else { return honest }
                return Answer(fields: [("Content-Type", MediaType.ociIndex)], body: honest.body)
            }
        ),
        (
            "larger than any", "longer than",
            { asked, honest in
                guard asked.path.hasSuffix("/manifests/1") else { return honest }
                var answer = honest
                answer.body += [UInt8](repeating: 0x20, count: 5 << 20)
                return answer
            }
        ),
        (
            "a configuration that is another", "expected sha256:",
            { asked, honest in
                guard asked.path.contains("/blobs/"), !asked.path.hasSuffix("\(Digest(of: layer))") else {
                    return honest
                }
                var answer = honest
                answer.body[answer.body.count - 1] = 0x20
                return answer
            }
        ),
        ("nothing but errors", "answers 503", { _, _ in Answer(status: 503) }),
        ("a login page", "answers 403", { _, _ in Answer(status: 403, body: Array("<html>".utf8)) }),
        (
            "a challenge of its own", "only Bearer and Basic",
            { _, _ in
                Answer(status: 401, fields: [("WWW-Authenticate", "Negotiate")])
            }
        ),
        ("no challenge", "only Bearer and Basic", { _, _ in Answer(status: 401) }),
    ]

    @Test(arguments: manifests.indices)
    func `a lie about a document is found out before a layer moves`(_ index: Int) throws {
        let (title, words, lie) = Self.manifests[index]
        let shop = try Workshop()
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer]), lie: lie)
        let store = try shop.store()
        let error = #expect(throws: ImageError.self, "\(title)") {
            try store.pull(Reference("\(registry.name)/app:1"), from: MemoryRegistry.client([registry.name]))
        }
        let text = error?.description ?? ""
        #expect(text.contains(words), "\(title): \(text)")
        #expect(try StoreTests.inventory(shop) == "./lock\n" || StoreTests.inventory(shop) == "")
        #expect(!registry.web.asked.contains { $0.path.hasSuffix("\(Digest(of: Self.layer))") })
    }

    @Test func `a manifest of a digest has that digest, or is refused`() throws {
        let shop = try Workshop()
        let content = MemoryRegistry.image([Self.layer])
        let good = try #require(content.manifests["1"])
        let registry = try MemoryRegistry(content) { asked, honest in
            guard asked.path.contains("/manifests/sha256:") else { return honest }
            return Answer(fields: honest.fields, body: honest.body + [0x0A])
        }
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(
                Reference("\(registry.name)/app@\(Digest(of: good.bytes))"),
                from: MemoryRegistry.client([registry.name])
            )
        }
        #expect(error?.description.contains("expected \(Digest(of: good.bytes))") == true)
        #expect(try shop.store().content.digests().isEmpty)
    }

    @Test func `an image for another platform is refused before a layer moves`() throws {
        let shop = try Workshop()
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer], architecture: "s390x"))
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name])
            )
        }
        #expect(error?.description.contains("is for linux/s390x") == true)
        #expect(!registry.web.asked.contains { $0.path.hasSuffix("\(Digest(of: Self.layer))") })
        #expect(try shop.store().content.digests().isEmpty)
    }

    @Test func `a layer that is not what the configuration says leaves nothing`() throws {
        let shop = try Workshop()
        let registry = try MemoryRegistry(
            MemoryRegistry.image([Self.layer], diffIDs: [Digest(of: Self.other)])
        )
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name])
            )
        }
        #expect(error?.description.contains("DiffID") == true)
        let store = try shop.store()
        #expect(try store.content.digests().isEmpty && store.layers.diffIDs().isEmpty)
    }
}
