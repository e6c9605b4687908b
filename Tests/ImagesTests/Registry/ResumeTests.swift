internal import Glibc
internal import Linux
internal import Synchronization
// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// Transfers that are cut short, and how little of them comes again.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct ResumeTests {
    static let layer = MemoryRegistry.layer("file", 4 << 20)
    static let path = "/blobs/\(Digest(of: layer))"

    /// Bytes of the layer that a registry gave.
    private func given(_ registry: MemoryRegistry) -> Int {
        registry.web.sent
            - MemoryRegistry.image([Self.layer]).blobs.values.filter { $0.count < 100_000 }
            .reduce(0) { $0 + $1.count }
    }

    @Test func `a connection that breaks again and again costs no byte twice`() throws {
        let shop = try Workshop()
        let step = 300_000
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path), honest.body.count > step else { return honest }
            var answer = honest
            answer.cut = step
            return answer
        }
        // Fewer attempts than cuts: those that bring something do not count.
        let client = MemoryRegistry.client([registry.name], attempts: 3)
        let image = try shop.store().pull(Reference("\(registry.name)/app:1"), from: client)
        let requests = registry.web.asked.filter { $0.path.hasSuffix(Self.path) }
        #expect(requests.count == (Self.layer.count + step - 1) / step)
        #expect(
            requests.dropFirst().enumerated().allSatisfy {
                $1.fields["range"] == "bytes=\(($0 + 1) * step)-"
            }
        )
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
    }

    private func fileDigest() throws -> String { Digest(of: Array(Self.layer[512..<(512 + 4 << 20)])).hex }

    @Test func `what a pull left is all that the next one does not fetch`() throws {
        let shop = try Workshop()
        let half = Self.layer.count / 2
        let isCut = Atomic(true)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = honest
            if isCut.load(ordering: .relaxed) {
                guard asked.fields["range"] == nil else { return nil }
                answer.cut = half
            }
            return answer
        }
        let reference = try Reference("\(registry.name)/app:1")
        #expect(throws: ImageError.self) {
            try shop.store().pull(reference, from: MemoryRegistry.client([registry.name], attempts: 1))
        }
        #expect(try shop.store().content.digests().isEmpty)
        let before = registry.web.sent
        isCut.store(false, ordering: .relaxed)
        let image = try shop.store().pull(reference, from: MemoryRegistry.client([registry.name]))
        let documents = registry.web.asked.isEmpty ? 0 : 2_000
        #expect(registry.web.sent - before <= Self.layer.count - half + documents)
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
    }

    @Test func `a server without ranges sends all again, and it is right`() throws {
        let shop = try Workshop()
        let count = Mutex(0)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = Answer(body: Self.layer)
            if count.withLock({
                $0 += 1; return $0
            }) == 1 {
                answer.cut = 1_000_000
            }
            return answer
        }
        let image = try shop.store().pull(
            Reference("\(registry.name)/app:1"),
            from: MemoryRegistry.client([registry.name])
        )
        #expect(count.withLock { $0 } == 2)
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
    }

    @Test func `a server that makes nonsense of a range is asked for the whole`() throws {
        let shop = try Workshop()
        let isFirst = Atomic(true)
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = honest
            if asked.fields["range"] != nil {
                answer.fields = [("Content-Range", "bytes 0-9/10"), ("Content-Encoding", "gzip")]
            } else if isFirst.exchange(false, ordering: .relaxed) {
                answer.cut = 1_000_000
            }
            return answer
        }
        let image = try shop.store().pull(
            Reference("\(registry.name)/app:1"),
            from: MemoryRegistry.client([registry.name])
        )
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
    }

    @Test func `bytes that were spoilt where they waited are found out and fetched again`() throws {
        let shop = try Workshop()
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer]))
        _ = try shop.store()
        try shop.write(
            [UInt8](repeating: 9, count: 1_000_000),
            to: "store/content/.part-\(Digest(of: Self.layer).hex)"
        )
        let image = try shop.store().pull(
            Reference("\(registry.name)/app:1"),
            from: MemoryRegistry.client([registry.name])
        )
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
        #expect(registry.web.asked.filter { $0.path.hasSuffix(Self.path) }.count == 2)
    }

    @Test func `a mirror that fails or lies gives way to the next, and the rest comes from there`() throws {
        let shop = try Workshop()
        let content = MemoryRegistry.image([Self.layer])
        let dead = try LoopbackServer { _ in }
        let liar = try MemoryRegistry(content) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = honest
            answer.body[0] ^= 1
            return answer
        }
        let broken = try MemoryRegistry(content) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            guard asked.fields["range"] == nil else { return nil }
            var answer = honest
            answer.cut = 2_000_000
            return answer
        }
        let origin = try MemoryRegistry(content)
        let client = MemoryRegistry.client([origin.name], attempts: 2) {
            $0.registries[0].mirrors = [dead, liar.web.server, broken.web.server].map {
                "http://\($0.name)/hub"
            }
        }
        let image = try shop.store().pull(Reference("\(origin.name)/app:1"), from: client)
        #expect(try Workshop.run("sha256sum <\(image.layers[0])/file").hasPrefix(try fileDigest()))
        #expect(image.name == "\(origin.name)/app:1")
        #expect(liar.web.asked[0].path == "/v2/hub/app/manifests/1")
        let last = origin.web.asked.filter { $0.path.hasSuffix(Self.path) }
        #expect(last.count == 1 && last[0].fields["range"] == "bytes=2000000-")
    }

    @Test func `without fallback only mirrors are asked`() throws {
        let shop = try Workshop()
        let origin = try MemoryRegistry(MemoryRegistry.image([Self.layer]))
        let mirror = try MemoryRegistry(MemoryRegistry.Content())
        let client = MemoryRegistry.client([origin.name]) {
            $0.registries[0].mirrors = ["http://\(mirror.name)"]
            $0.registries[0].fallsBack = false
        }
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(Reference("\(origin.name)/app:1"), from: client)
        }
        #expect(error?.cause == .absent)
        #expect(origin.web.asked.isEmpty)
    }

    @Test func `a pull that is called off ends at once and keeps what it has`() throws {
        let shop = try Workshop()
        let scope = TransferScope()
        let registry = try MemoryRegistry(MemoryRegistry.image([Self.layer])) { asked, honest in
            guard asked.path.hasSuffix(Self.path) else { return honest }
            var answer = honest
            answer.cut = 1_000_000
            return answer
        }
        let client = MemoryRegistry.client([registry.name]) { $0.retry.first = .seconds(3600) }
        let error = #expect(throws: ImageError.self) {
            try shop.store().pull(Reference("\(registry.name)/app:1"), from: client, in: scope) { event in
                if event.kind == .retrying { scope.cancel() }
            }
        }
        #expect(error?.cause == .cancelled)
        #expect(
            try Workshop.run("stat -c %s \(shop.path)/store/content/.part-*") == "1000000\n"
        )
    }

    @Test func `several pulls of one image at a time fetch its layers once`() async throws {
        let shop = try Workshop()
        let registry = try MemoryRegistry(
            MemoryRegistry.image([Self.layer, MemoryRegistry.layer("b", 300_000, seed: 3)])
        )
        let reference = try Reference("\(registry.name)/app:1")
        let client = MemoryRegistry.client([registry.name])
        let store = try shop.store()
        let images = try await withThrowingTaskGroup(of: Image.self) { group in
            for _ in 0..<4 {
                group.addTask { try await Thread.run { try store.pull(reference, from: client) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(images.count == 4 && Set(images).count == 1)
        #expect(registry.web.asked.filter { $0.path.hasSuffix(Self.path) }.count == 1)
    }
}
