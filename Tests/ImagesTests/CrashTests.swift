// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct CrashTests {
    static let program = ".build/debug/martlet-agent"

    /// Starts an import in a process of its own.
    static func start(_ shop: Workshop, _ layout: String) throws -> Int32 {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        return try Spawn(
            [
                "martlet-agent", "image", "import", "--state-dir", shop.path + "/state", "--runtime-dir",
                shop.path + "/run", layout,
            ],
            program: program,
            descriptors: [0: null, 1: null, 2: null]
        ).start()
    }

    /// Two layers, so large that an import takes a while.
    static func layout(_ shop: Workshop) throws -> String {
        var random = SeededGenerator(seed: 3)
        var layout = try LayoutWriter(shop.path + "/layout")
        var layers: [[UInt8]] = []
        for layer in 0..<2 {
            var tar = TarWriter()
            for number in 0..<300 {
                let content = (0..<700).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
                tar.add(Array("layer\(layer)/\(number % 9)/file\(number)".utf8), content: content)
            }
            layers.append(tar.finished)
        }
        try layout.add(layers) { (try shop.gzip($0), "+gzip") }
        try layout.finish()
        return layout.path
    }

    @Test(.enabled(if: access(program, X_OK) == 0, "needs a debug build of martlet-agent"))
    func `whenever an import is killed, nothing is half, and the next open leaves no litter`() throws {
        let shop = try Workshop()
        let layout = try Self.layout(shop)
        let clock = ContinuousClock()
        let path = shop.path + "/state/images"
        // How long it takes, and what it makes.
        let whole = clock.now
        var pid = try Self.start(shop, layout)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        try #require(status == 0)
        let duration = clock.now - whole
        let pictures = try Self.pictures(path)
        try #require(pictures.count == 2)

        var random = SeededGenerator(seed: UInt64(getpid()))
        var interrupted = 0
        var round = 0
        while interrupted < 50 {
            round += 1
            try #require(round < 300, "the imports end before they can be killed")
            try Workshop.run("rm -rf \(path)")
            pid = try Self.start(shop, layout)
            let wait =
                duration.components.attoseconds / 1_000_000_000_000
                + duration.components.seconds * 1_000_000
            usleep(UInt32(random.next() % UInt64(max(1, wait))))
            kill(pid, SIGKILL)
            waitpid(pid, &status, 0)
            if status != 0 { interrupted += 1 }

            let store = try ImageStore.open(at: path)
            #expect(
                try Workshop.run("find \(path) -name '.tmp-*' -o -name '.part-*'") == "",
                "round \(round)"
            )
            for digest in try store.content.digests() {
                #expect(try store.content.isIntact(digest), "round \(round)")
            }
            for (name, picture) in try Self.pictures(path) {
                #expect(picture == pictures[name], "round \(round)")
            }
            // A name leads to an image that is whole.
            for image in try store.list() { #expect(try store.resolve(Reference(image.name)) == image) }
            guard interrupted % 10 == 9 else { continue }
            #expect(try store.importArchive(layout).map(\.name) == ["example.test/app:1"])
            #expect(try Self.pictures(path) == pictures)
        }
    }

    /// All layers that have a name, as text.
    private static func pictures(_ path: String) throws -> [String: String] {
        var pictures: [String: String] = [:]
        for name in try Workshop.run("ls \(path)/layers 2>/dev/null || true").split(separator: "\n") {
            pictures[String(name)] = try Workshop.picture("\(path)/layers/\(name)")
        }
        return pictures
    }

    @Test func `what a power cut may have damaged is not believed`() throws {
        let shop = try Workshop()
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([StoreTests.layer("base"), StoreTests.layer("top")])
        try layout.finish()
        var store = try shop.store()
        let image = try store.importArchive(layout.path)[0]
        let (base, top) = (Digest(of: StoreTests.layer("base")), Digest(of: StoreTests.layer("top")))
        #expect(try store.layers.unsettled().isEmpty && store.content.unsettled().isEmpty)

        // As after a power cut: written in another boot, and not known to be on the disk.
        let mark = "trusted.martlet.written"
        let other = Array("00000000-0000-0000-0000-000000000000".utf8)
        func cut(_ path: String) throws {
            try Descriptor.open(shop.path + "/store/" + path, O_RDONLY).setAttribute(mark, other)
        }
        try cut("layers/" + top.hex)
        try cut("content/sha256/" + top.hex)
        try Workshop.run("rm \(shop.path)/store/layers/\(top.hex)/top")
        #expect(try !store.layers.holds(top) && store.layers.holds(base))
        store = try shop.store()
        // The layer is gone, and comes back from its blob, which was whole.
        #expect(try store.layers.diffIDs() == [base])
        #expect(try store.resolve(Reference(image.name)) == image)
        #expect(try Workshop.run("ls \(image.layers[1])") == "top\n")

        // The blob is not whole: its image is forgotten, so that it is fetched again.
        try cut("content/sha256/" + top.hex)
        try Workshop.run(": >\(shop.path)/store/content/sha256/\(top.hex)")
        store = try shop.store()
        #expect(try store.list() == [] && store.resolve(Reference(image.name)) == nil)
        #expect(try store.importArchive(layout.path) == [image])

        // In the same boot the page cache is right: a name is believed before the disk has it.
        let writer = try store.layerWriter(
            LayerWriterTests.blob(LayerWriterTests.layer),
            diffID: Digest(of: LayerWriterTests.layer)
        )
        try LayerWriterTests.push(LayerWriterTests.layer[...], in: 100_000, to: writer)
        try writer.finish()
        #expect(try store.layers.holds(Digest(of: LayerWriterTests.layer)))
        #expect(try store.layers.unsettled().count == 1 && store.content.unsettled().count == 1)
        try store.settle()
        #expect(try store.layers.unsettled().isEmpty && store.content.unsettled().isEmpty)
    }
}
