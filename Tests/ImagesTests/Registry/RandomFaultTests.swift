// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Images

/// Servers that fail in every way and order.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct RandomFaultTests {
    static let layers = [MemoryRegistry.layer("a", 60_000), MemoryRegistry.layer("b", 3_000, seed: 2)]

    /// What may go wrong with one answer.
    private static func fault(_ honest: Answer, _ random: inout SeededGenerator) -> Answer? {
        var answer = honest
        guard !honest.body.isEmpty else { return answer }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return Answer(status: [500, 502, 503, 504].randomElement(using: &random) ?? 500)
        case 1: return Answer(status: 429, fields: [("Retry-After", "0")])
        case 2: return nil
        case 3, 4, 5: answer.cut = Int.random(in: 0..<honest.body.count, using: &random)
        case 6: answer.body[Int.random(in: 0..<honest.body.count, using: &random)] ^= 1
        case 7:
            answer.body.removeLast(Int.random(in: 1...honest.body.count, using: &random))
            answer.hasNoLength = true
            answer.version = "HTTP/1.0"
        case 8: answer.fields = [("Content-Range", "bytes 7-8/9"), ("Content-Encoding", "gzip")]
        default: break
        }
        return answer
    }

    @Test func `whatever fails, an image is right or absent, and comes in the end`() throws {
        let content = MemoryRegistry.image(Self.layers)
        let shop = try Workshop()
        let store = try shop.store()
        var whole = 0
        for seed in 0..<UInt64(getenv("MARTLET_SOAK") == nil ? 100 : 1000) {
            let random = Mutex(SeededGenerator(seed: seed))
            let registry = try MemoryRegistry(content) { asked, honest in
                var honest = honest
                // Some servers do not know ranges.
                if seed % 4 == 0, asked.fields["range"] != nil, honest.status == 206 {
                    let digest = asked.path.split(separator: "/").last.map(String.init) ?? ""
                    honest = Answer(body: content.blobs[digest] ?? [])
                }
                return random.withLock { Self.fault(honest, &$0) }
            }
            let client = MemoryRegistry.client([registry.name], attempts: 8)
            let reference = try Reference("\(registry.name)/app:1")
            var image: Image?
            for _ in 0..<50 where image == nil {
                image = try? store.pull(reference, from: client)
                if image == nil {
                    try #require(try store.list().isEmpty, "seed \(seed)")
                    // A layer that came whole stays for the next attempt.
                    for digest in try store.content.digests() {
                        let bytes = try store.content.open(digest).readAll(limit: 1 << 20)
                        try #require(Digest(of: bytes) == digest, "seed \(seed)")
                    }
                }
            }
            let found = try #require(image, "seed \(seed)")
            for layer in Self.layers {
                let bytes = try store.content.open(Digest(of: layer)).readAll(limit: 1 << 20)
                try #require(bytes == layer, "seed \(seed)")
            }
            #expect(found.layers.count == 2)
            try #require(try store.remove(reference))
            try #require(try Workshop.run("find \(shop.path)/store/content -type f") == "", "seed \(seed)")
            whole += 1
        }
        #expect(whole >= 100)
    }
}
