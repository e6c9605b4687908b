// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

/// A layout that says something untrue, and how.
struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var manifest: @Sendable (String) -> String = { $0 }
    var index: @Sendable (String) -> String = { $0 }
    var disk: @Sendable (LayoutWriter, Digest) throws -> Void = { _, _ in }
    var diffIDs: [Digest]?

    static let layer = StoreTests.layer("base", "same in all")
    private static var size: String { "\"size\":\(layer.count)" }
    private static var hex: String { Digest(of: layer).hex }
    private static func replacing(_ old: String, _ new: String) -> @Sendable (String) -> String {
        { $0.replacing(old, with: new, maxReplacements: 1) }
    }

    static let all: [Lie] = [
        Lie(
            testDescription: "a layer one byte longer than said",
            manifest: replacing(size, "\"size\":\(layer.count - 1)")
        ),
        Lie(
            testDescription: "a layer one byte shorter than said",
            manifest: replacing(size, "\"size\":\(layer.count + 1)")
        ),
        Lie(testDescription: "a negative size", manifest: replacing(size, "\"size\":-1")),
        Lie(testDescription: "a size with a fraction", manifest: replacing(size, "\"size\":1.5")),
        Lie(testDescription: "a size of 1e999", manifest: replacing(size, "\"size\":1e999")),
        Lie(testDescription: "a size given twice", manifest: replacing(size, size + "," + size)),
        Lie(
            testDescription: "a size given twice, once escaped",
            manifest: replacing(size, size + ",\"\\u0073ize\":1")
        ),
        Lie(testDescription: "an upper-case digest", manifest: { $0.replacing(hex, with: hex.uppercased()) }),
        Lie(testDescription: "a digest that is a path", manifest: { $0.replacing(hex, with: "../../x") }),
        Lie(
            testDescription: "a digest with a path behind",
            manifest: { $0.replacing(hex, with: hex + "/../x") }
        ),
        Lie(
            testDescription: "a sha512 digest",
            manifest: { $0.replacing("sha256:" + hex, with: "sha512:" + hex + hex) }
        ),
        Lie(
            testDescription: "an unknown algorithm",
            manifest: { $0.replacing("sha256:" + hex, with: "md5:" + hex) }
        ),
        Lie(
            testDescription: "both layers and manifests",
            manifest: replacing("\"layers\"", "\"manifests\":[],\"layers\"")
        ),
        Lie(
            testDescription: "both layers and fsLayers",
            manifest: replacing("\"layers\"", "\"fsLayers\":[],\"layers\"")
        ),
        Lie(
            testDescription: "an index with layers",
            index: replacing("\"manifests\"", "\"layers\":[],\"manifests\"")
        ),
        Lie(
            testDescription: "an index with a config",
            index: replacing("\"manifests\"", "\"config\":{},\"manifests\"")
        ),
        Lie(
            testDescription: "a manifest that calls itself an index",
            manifest: replacing(MediaType.ociManifest, MediaType.ociIndex)
        ),
        Lie(
            testDescription: "a manifest that is announced as an index",
            index: replacing(MediaType.ociManifest, MediaType.ociIndex)
        ),
        Lie(
            testDescription: "a layer of a foreign type",
            manifest: replacing(MediaType.ociLayer, "application/x-tar")
        ),
        Lie(
            testDescription: "a config of a foreign type",
            manifest: replacing(MediaType.ociConfig, "application/vnd.helm")
        ),
        Lie(
            testDescription: "a schema version of 1",
            manifest: replacing("\"schemaVersion\":2", "\"schemaVersion\":1")
        ),
        Lie(testDescription: "no layers at all", manifest: replacing("\"layers\"", "\"leyers\"")),
        Lie(testDescription: "JSON cut short", manifest: { String($0.dropLast()) }),
        Lie(
            testDescription: "JSON nested 100,000 deep",
            manifest: { _ in String(repeating: "[", count: 100_000) }
        ),
        Lie(
            testDescription: "a manifest over 4 MiB",
            manifest: { $0 + String(repeating: " ", count: 4 << 20) }
        ),
        Lie(testDescription: "an index over 4 MiB", index: { $0 + String(repeating: " ", count: 4 << 20) }),
        Lie(testDescription: "one DiffID too many", diffIDs: [Digest(of: layer), Digest(of: layer)]),
        Lie(testDescription: "no DiffIDs", diffIDs: []),
        Lie(testDescription: "a wrong DiffID", diffIDs: [Digest(of: [])]),
        Lie(
            testDescription: "a missing blob",
            disk: { try Workshop.run("rm \($0.path)/blobs/sha256/\($1.hex)") }
        ),
        Lie(
            testDescription: "a blob with one bit flipped",
            disk: { layout, digest in
                var bytes = layer
                bytes[515] ^= 1
                try layout.put(bytes, at: "blobs/sha256/" + digest.hex)
            }
        ),
        Lie(
            testDescription: "a blob cut short",
            disk: { try $0.put(Array(layer.dropLast()), at: "blobs/sha256/" + $1.hex) }
        ),
        Lie(
            testDescription: "a blob with a byte more",
            disk: { try $0.put(layer + [0], at: "blobs/sha256/" + $1.hex) }
        ),
        Lie(
            testDescription: "a blob that is a fifo",
            disk: { layout, digest in
                try Workshop.run(
                    "rm \(layout.path)/blobs/sha256/\(digest.hex) && mkfifo \(layout.path)/blobs/sha256/\(digest.hex)"
                )
            }
        ),
        Lie(
            testDescription: "a blob that is a link to the outside",
            disk: { layout, digest in
                try Workshop.run(
                    "cd \(layout.path) && mv blobs/sha256/\(digest.hex) ../outside && ln -s \(layout.path)/../outside blobs/sha256/\(digest.hex)"
                )
            }
        ),
        Lie(
            testDescription: "another layout version",
            disk: { layout, _ in
                try layout.put(#"{"imageLayoutVersion":"2.0.0"}"#, at: "oci-layout")
            }
        ),
        Lie(testDescription: "a name that is no name", index: replacing("example.test/app:1", "../../etc:1")),
    ]
}

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct LyingLayoutTests {
    @Test(arguments: Lie.all)
    func `a layout that lies is refused, and nothing of it stays`(_ lie: Lie) throws {
        let shop = try Workshop()
        let store = try shop.store()
        // An honest image is there before, and not touched.
        var honest = try LayoutWriter(shop.path + "/honest")
        try honest.add([StoreTests.layer("honest")], name: "honest")
        try honest.finish()
        try store.importArchive(honest.path)
        let before = try StoreTests.inventory(shop)

        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([Lie.layer], diffIDs: lie.diffIDs, spoil: lie.manifest)
        try layout.finish(spoil: lie.index)
        try lie.disk(layout, Digest(of: Lie.layer))
        #expect(throws: ImageError.self) { try store.importArchive(layout.path) }
        #expect(try StoreTests.inventory(shop) == before)

        // The same as an archive; a fifo or a link then is not in it as a file.
        try Workshop.run("tar -C \(layout.path) -cf \(shop.path)/layout.tar .")
        #expect(throws: ImageError.self) { try store.importArchive(shop.path + "/layout.tar") }
        #expect(try StoreTests.inventory(shop) == before)
        #expect(try store.list().map(\.name) == ["docker.io/library/honest:latest"])
        #expect(shop.isVictimUntouched)
    }

    @Test func `an archive with a name twice, or one that is no archive, is refused`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        tar.file("oci-layout")
        tar.file("oci-layout")
        #expect(throws: ImageError.self) { try shop.store().importArchive(shop.write(tar.finished, to: "a")) }
        #expect(throws: ImageError.self) { try shop.store().importArchive(shop.write([], to: "a")) }
        #expect(throws: ImageError.self) {
            try shop.store().importArchive(shop.write(Array("text".utf8), to: "a"))
        }
        #expect(throws: ImageError.self) { try shop.store().importArchive(shop.path + "/nowhere") }
        #expect(throws: ImageError.self) { try shop.store().importArchive("/dev/zero") }
        #expect(try shop.store().content.digests() == [])
    }
}
