// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

@testable internal import Images

/// What pulls leave that come to nothing.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct LeftoverTests {
    @Test func `the layers of a pull that failed go once they are old, and not before`() throws {
        let shop = try Workshop()
        let whole = MemoryRegistry.layer("whole", 100_000)
        let broken = MemoryRegistry.layer("broken", 200_000)
        let lost = "/blobs/\(Digest(of: broken))"
        let registry = try MemoryRegistry(MemoryRegistry.image([whole, broken])) { asked, honest in
            var answer = honest
            if asked.path.hasSuffix(lost) { answer.cut = 150_000 }
            return answer
        }
        let store = try shop.store()
        var layout = try LayoutWriter(shop.path + "/kept")
        try layout.add([StoreTests.layer("base")], name: "kept")
        try layout.finish()
        try store.importArchive(layout.path)
        let before = try store.content.digests().count
        #expect(throws: ImageError.self) {
            try store.pull(
                Reference("\(registry.name)/app:1"),
                from: MemoryRegistry.client([registry.name], attempts: 1) { $0.layersAtOnce = 1 }
            )
        }
        #expect(try store.content.digests().count == before + 1)
        #expect(try store.layers.diffIDs().count == 2)
        #expect(try Workshop.run("ls -A \(shop.path)/store/content | grep -c '^.part-'") == "1\n")
        var policy = GarbagePolicy()
        #expect(try store.collectLeftovers(policy) == GarbageReport())
        // Someone at work.
        policy.minimumAge = .seconds(-10)
        try store.shared { () throws(ImageError) in
            #expect(try store.collectLeftovers(policy) == GarbageReport())
        }
        let report = try store.collectLeftovers(policy)
        #expect(report.blobs == 1 && report.layers == 1 && report.bytes == Int64(whole.count))
        #expect(try store.content.digests().count == before && store.layers.diffIDs().count == 1)
        #expect(try store.resolve(Reference("kept")) != nil)
        // The part is for the next pull; it goes after a week.
        try Workshop.run("touch -d '8 days ago' \(shop.path)/store/content/.part-*")
        _ = try store.collectLeftovers(policy)
        #expect(try Workshop.run("ls -A \(shop.path)/store/content") == "sha256\n")
    }
}
