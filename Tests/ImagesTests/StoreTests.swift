// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct StoreTests {
    static func layer(_ name: String, _ content: String = "x") -> [UInt8] {
        var tar = TarWriter()
        tar.file(name, content)
        return tar.finished
    }
    let base = Self.layer("base", "same in all")
    let top = Self.layer("top")

    /// What is in a store, as text.
    static func inventory(_ shop: Workshop) throws -> String {
        try Workshop.run(
            "cd \(shop.path)/store && find . -path ./trust -prune -o \\( -type f -o -path './layers/*' -prune \\) -print | LC_ALL=C sort"
        )
    }

    @Test(arguments: ["directory", "tar", "tar.gz", "tar.zst"])
    func `an OCI layout is taken in, resolved and removed`(_ form: String) throws {
        let shop = try Workshop()
        var layout = try LayoutWriter(shop.path + "/layout")
        let digest = try layout.add([base, top]) { (try shop.gzip($0), "+gzip") }
        try layout.finish()
        let press = ["tar": "cat", "tar.gz": "gzip", "tar.zst": "zstd -q"][form]
        if let press {
            try Workshop.run("tar -C \(layout.path) -cf - . | \(press) >\(shop.path)/layout.\(form)")
        }
        let store = try shop.store()
        let path = press == nil ? layout.path : shop.path + "/layout." + form
        let image = try #require(try store.importArchive(path).first)
        #expect(image.name == "example.test/app:1" && image.digest == digest)
        #expect(try image.layers.map { try Workshop.run("ls \($0)") } == ["base\n", "top\n"])
        let config = image.config
        #expect(config.user == "app" && config.environment == ["A=1"] && config.entrypoint == ["/tool"])
        #expect(config.command == nil && config.exposedPorts == ["80/tcp"] && config.volumes == ["/data"])
        #expect(
            config.workingDirectory == "/w" && config.labels == ["l": "v"] && config.stopSignal == "SIGINT"
        )
        #expect(config.healthcheck?.test == ["CMD", "/check"] && config.healthcheck?.interval == .seconds(5))
        #expect(config.healthcheck?.retries == 3 && config.healthcheck?.timeout == nil)

        #expect(try store.list() == [image])
        #expect(try shop.store().resolve(Reference("example.test/app:1")) == image)
        #expect(try store.resolve(Reference("example.test/app@\(digest)")) == image)
        #expect(try store.resolve(Reference("example.test/other@\(digest)")) == nil)
        #expect(try store.resolve(Reference("app:1")) == nil)
        // Nothing but one manifest, one configuration, two layers and the record.
        #expect(try store.content.digests().count == 4)
        #expect(
            try Workshop.run("cd \(shop.path)/store && stat -c '%a' . content layers") == "700\n700\n700\n"
        )
        #expect(
            try Workshop.run("setpriv --reuid 65534 --clear-groups ls \(shop.path)/store/layers 2>&1 || true")
                .contains("denied")
        )

        #expect(try store.remove(Reference("example.test/app:1")))
        #expect(try !store.remove(Reference("example.test/app:1")))
        #expect(try Self.inventory(shop) == "./index.json\n./lock\n./record.lock\n")
    }

    @Test func `a docker archive is taken in under its tags, also with layers behind links`() throws {
        let shop = try Workshop()
        let layout = try LayoutWriter(shop.path + "/save")
        let config = Digest(
            of: Array(LayoutWriter.config([Digest(of: base), Digest(of: top), Digest(of: base)]).utf8)
        )
        try Workshop.run(
            "mkdir \(layout.path)/a \(layout.path)/b \(layout.path)/c && rm \(layout.path)/oci-layout && ln -s ../a/layer.tar \(layout.path)/c/layer.tar"
        )
        try layout.put(base, at: "a/layer.tar")
        try layout.put(try shop.gzip(top), at: "b/layer.tar")
        try layout.put(
            LayoutWriter.config([Digest(of: base), Digest(of: top), Digest(of: base)]),
            at: config.hex + ".json"
        )
        try layout.put(
            #"[{"Config":"\#(config.hex).json","RepoTags":["app:1","example.test/app:2"],"Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}]"#,
            at: "manifest.json"
        )
        try Workshop.run("tar -C \(layout.path) -cf \(shop.path)/save.tar .")
        let store = try shop.store()
        let images = try store.importArchive(shop.path + "/save.tar")
        #expect(images.map(\.name) == ["docker.io/library/app:1", "example.test/app:2"])
        #expect(Set(images.map(\.digest)).count == 1)
        // The base occurs twice; the upper one is enough.
        #expect(try images[0].layers.map { try Workshop.run("ls \($0)") } == ["top\n", "base\n"])
        // The same from the directory, to the same digest.
        #expect(try store.importArchive(layout.path).map(\.digest) == images.map(\.digest))
        // A configuration that is not what its name says.
        try layout.put(LayoutWriter.config([]), at: config.hex + ".json")
        #expect(throws: ImageError.self) { try store.importArchive(layout.path) }
        try store.remove(Reference("app:1"))
        #expect(try store.resolve(Reference("example.test/app:2"))?.layers.count == 2)
    }

    @Test func `the manifest of this platform is chosen, through nested indexes and in groups`() throws {
        let shop = try Workshop()
        let mine = Platform.running.architecture
        let other = mine == "amd64" ? "arm64" : "amd64"
        var inner = try LayoutWriter(shop.path + "/layout")
        try inner.add([top], architecture: other, platform: other)
        let wanted = try inner.add([base], platform: mine)
        let index =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(inner.manifests.joined(separator: ","))]}"#
        let source = try inner.blob(Array(index.utf8))
        let store = try shop.store()
        try inner.finish()
        #expect(try store.importArchive(inner.path).map(\.digest) == [wanted])
        let pointer = LayoutWriter.pointer(MediaType.ociIndex, source.description, index.utf8.count)
        try inner.put(#"{"schemaVersion":2,"manifests":[\#(pointer)]}"#, at: "index.json")
        #expect(throws: ImageError.self) { try store.importArchive(inner.path) }
        #expect(try store.importArchive(inner.path, name: "app").map(\.digest) == [wanted])
        #expect(try store.resolve(Reference("app@\(source)"))?.digest == wanted)
        #expect(throws: ImageError.self) {
            try store.importArchive(inner.path, name: "app@\(Digest(of: []))")
        }

        var foreign = try LayoutWriter(shop.path + "/foreign")
        try foreign.add([base], architecture: other)
        try foreign.finish()
        let error = #expect(throws: ImageError.self) { try store.importArchive(foreign.path) }
        #expect(error?.description.contains("is for linux/\(other), this node is linux/\(mine)") == true)
    }

    @Test func `layers are shared, and kept while a name or a pin needs them`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        var one = try LayoutWriter(shop.path + "/one"), two = try LayoutWriter(shop.path + "/two")
        try one.add([base, top], name: "one")
        let pinned = try two.add([base], name: "two")
        try one.finish()
        try two.finish()
        let first = try store.importArchive(one.path)[0]
        let before = try Descriptor.open(first.layers[0], O_RDONLY).status().inode
        let second = try store.importArchive(two.path)[0]
        #expect(second.layers == [first.layers[0]])
        #expect(try Descriptor.open(second.layers[0], O_RDONLY).status().inode == before)
        try store.remove(Reference("one"))
        #expect(try store.layers.diffIDs() == [Digest(of: base)])
        try store.remove(Reference("two"), pinned: [pinned, Digest(of: [1])])
        #expect(try store.list() == [] && store.layers.holds(Digest(of: base)))
        #expect(try store.content.digests().count == 3)
        try store.collectGarbage(pinned: [])
        #expect(try store.content.digests() == [] && store.layers.diffIDs() == [])
    }

    @Test func `a missing layer directory is unpacked again, and a damaged blob is noticed`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([base])
        try layout.finish()
        let image = try store.importArchive(layout.path)[0]
        try Workshop.run("rm -r \(image.layers[0])")
        #expect(try store.resolve(Reference(image.name)) == image)
        #expect(try Workshop.run("cat \(image.layers[0])/base") == "same in all")
        let blob = shop.path + "/store/content/sha256/" + Digest(of: base).hex
        try Workshop.run(
            "rm -r \(image.layers[0]) && printf X | dd of=\(blob) bs=1 seek=600 conv=notrunc 2>/dev/null"
        )
        #expect(throws: ImageError.self) { try store.resolve(Reference(image.name)) }
        #expect(try !store.layers.holds(Digest(of: base)))
        // Taking it in once more makes it good.
        #expect(try store.importArchive(layout.path) == [image])
        #expect(try store.resolve(Reference(image.name)) == image)
        try Workshop.run(
            "printf X | dd of=\(shop.path)/store/content/sha256/\(image.digest.hex) bs=1 seek=20 conv=notrunc 2>/dev/null"
        )
        #expect(throws: ImageError.self) { try store.resolve(Reference(image.name)) }
        #expect(try store.list() == [])
        // The name can still be removed, and takes the damage along.
        #expect(try store.remove(Reference(image.name)))
        #expect(try store.content.digests() == [])
    }

    @Test func `leftovers of a crashed writer go when the store is opened, those of a living one stay`()
        throws
    {
        let shop = try Workshop()
        var store: ImageStore? = try shop.store()
        let half = "\(shop.path)/store/layers/.tmp-1-dead/tree/deep"
        let make =
            "mkdir -p \(half) && : >\(half)/x && : >\(shop.path)/store/content/.tmp-1-dead && : >\(shop.path)/store/.tmp-1-dead"
        try Workshop.run(make)
        try store?.locked { () throws(ImageError) in
            do { _ = try shop.store() } catch { Issue.record(error) }
        }
        #expect(try Self.inventory(shop).contains("dead"))
        store = try shop.store()
        #expect(try !Self.inventory(shop).contains("dead"))
        #expect(try store?.list() == [])
    }

    @Test func `a store that lost its record or its content is filled again`() throws {
        let shop = try Workshop()
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([base, top])
        try layout.finish()
        _ = try shop.store().importArchive(layout.path)
        try Workshop.run("rm \(shop.path)/store/index.json")
        let store = try shop.store()
        #expect(try store.list() == [])
        #expect(try store.importArchive(layout.path).count == 1)
        try Workshop.run("rm -r \(shop.path)/store/layers \(shop.path)/store/content")
        let again = try shop.store()
        #expect(try again.list() == [])
        #expect(throws: ImageError.self) { try again.resolve(Reference("example.test/app:1")) }
        #expect(try again.importArchive(layout.path).count == 1)
    }
}
