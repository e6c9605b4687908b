// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Images

/// Scrubbing, collecting, naming, exporting, preloading.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct CareTests {
    let base = StoreTests.layer("base", "same in all")
    let top = StoreTests.layer("top")

    /// A store with an image of each name, each with the common base and a layer of its own.
    func store(_ shop: Workshop, _ names: [String]) throws -> ImageStore {
        let store = try shop.store()
        for name in names {
            var layout = try LayoutWriter(shop.path + "/" + name)
            try layout.add([base, StoreTests.layer(name)], name: name) { (try shop.gzip($0), "+gzip") }
            try layout.finish()
            try store.importArchive(layout.path)
        }
        return store
    }

    @Test func `a scrub tells what is damaged, sets it aside and heals what it can`() throws {
        let shop = try Workshop()
        let store = try store(shop, ["one", "two"])
        usleep(1_100_000)  // what has no time of its own does not differ by when it was unpacked
        let clean = try store.scrub()
        #expect(clean.damages == [] && clean.blobs == 7 && clean.layers == 3 && clean.bytes > 0)

        // A bit of a file of the layer that both have; its size and time stay.
        let layer = store.layers.path(of: Digest(of: base))
        try Workshop.run(
            "cd \(layer) && touch -r base ../../stamp && printf S | dd of=base conv=notrunc 2>/dev/null && touch -r ../../stamp base && rm ../../stamp"
        )
        let healed = try store.scrub()
        #expect(healed.damages.map(\.kind) == ["layer"])
        #expect(healed.damages.map(\.digest) == [Digest(of: base)])
        #expect(healed.damages[0].what == "./base has another content")
        #expect(healed.damages[0].images == ["docker.io/library/one:latest", "docker.io/library/two:latest"])
        #expect(
            try Workshop.run("cat \(layer)/base; cat \(shop.path)/store/damaged/layer-*/base")
                == "same in allSame in all"
        )
        #expect(try store.scrub().damages == [])

        // A bit of a blob.
        let image = try #require(try store.inspect(Reference("two")))
        let blob = image.layers[1].blob.digest
        try Workshop.run(
            "printf X | dd of=\(shop.path)/store/content/sha256/\(blob.hex) bs=1 seek=30 conv=notrunc 2>/dev/null"
        )
        let found = try store.scrub()
        #expect(found.damages.map(\.digest).contains(blob))
        #expect(found.damages[0].images == ["docker.io/library/two:latest"])
        #expect(try !store.content.holds(image.layers[1].blob))
        #expect(try Workshop.run("ls \(shop.path)/store/damaged").contains("blob-" + blob.hex))
        try store.importArchive(shop.path + "/two")
        #expect(try store.scrub().damages == [])
        _ = try store.prune()
        #expect(try Workshop.run("ls \(shop.path)/store/damaged") == "")
    }

    @Test func `a comparison of trees sees every kind of difference`() throws {
        let shop = try Workshop()
        let make = """
            mkdir -p d/e && echo 1 >d/f && ln -s f d/l && mkfifo d/p && ln d/f d/g && find . -exec touch -h -d @1000000000 {} +
            """
        try Workshop.run("cd \(shop.path) && mkdir a && cd a && \(make)")
        let changes =
            [
                "": nil, "echo 2 >d/f": "content", "chmod 600 d/f": "mode", "chown 1 d/f": "owner",
                "rm d/p": "missing",
                "ln -sf g d/l": "leads", "touch d/new": "should not", "rm d/p && mknod d/p c 1 3": "kind",
                "echo 11 >d/f": "size", "touch -d @1 d/f": "time", "chmod 700 .": "root",
            ] as [String: String?]
        for (change, word) in changes {
            try Workshop.run(
                "cd \(shop.path) && rm -rf b && mkdir b && cd b && \(make) && true \(change.isEmpty ? "" : "&& \(change)") && find . \(change.hasPrefix("touch -d") ? "-maxdepth 0" : "") -exec touch -h -d @1000000000 {} +"
            )
            let (a, b) = (
                try Descriptor.open(shop.path + "/a", O_RDONLY),
                try Descriptor.open(shop.path + "/b", O_RDONLY)
            )
            let difference = try TreeComparison.difference(a, b)
            if let word {
                #expect(difference?.contains(word) == true, "\(change): \(difference ?? "none")")
            } else {
                #expect(difference == nil)
            }
        }
        try Workshop.run("cd \(shop.path) && rm -rf b && mkdir b && cd b && \(make)")
        try Descriptor.open(shop.path + "/b/d/f", O_RDONLY).setAttribute("user.note", [1])
        #expect(
            try TreeComparison.difference(
                Descriptor.open(shop.path + "/a", O_RDONLY),
                Descriptor.open(shop.path + "/b", O_RDONLY)
            )?.contains("attributes") == true
        )
    }

    @Test func `the oldest images that nothing needs go first, down to the low mark`() throws {
        let shop = try Workshop()
        let store = try store(shop, ["one", "two", "three", "four"])
        func digest(_ name: String) throws -> Digest {
            try #require(try store.inspect(Reference(name))).image.digest
        }
        // "one" is pinned by an agent; the others were used so many days ago.
        try store.pin([digest("one")], owner: "agent")
        for (name, days) in [("one", 50), ("two", 40), ("three", 30), ("four", 0)] {
            try Workshop.run(
                "touch -d '\(days) days ago' \(shop.path)/store/content/sha256/\(digest(name).hex)"
            )
        }
        func report(_ uses: [Int]) throws -> [String] {
            var rest = uses
            return try store.collectGarbage(GarbagePolicy()) { rest.isEmpty ? 0 : rest.removeFirst() }.names
        }
        #expect(try report([84]) == [])
        #expect(try report([85, 79]) == [])
        #expect(try report([90, 90, 79]) == ["docker.io/library/two:latest"])
        #expect(try report([90, 90, 90, 90, 90]) == ["docker.io/library/three:latest"])
        #expect(
            try store.list().map(\.name) == ["docker.io/library/four:latest", "docker.io/library/one:latest"]
        )
        // What is gone took its own layer along, and not the one that others have.
        #expect(
            try Set(store.layers.diffIDs()) == [
                Digest(of: base), Digest(of: StoreTests.layer("one")), Digest(of: StoreTests.layer("four")),
            ]
        )

        // A pin outlives its name, for every process.
        let one = try digest("one")
        try store.remove(Reference("one"))
        #expect(try shop.store().resolve(one, name: "one@\(one)")?.layers.count == 2)
        #expect(try store.prune(unused: .seconds(0)).names == ["docker.io/library/four:latest"])
        #expect(try store.resolve(one, name: "one@\(one)") != nil)
        try store.pin([], owner: "agent")
        let report = try store.prune()
        #expect(report.blobs == 4 && report.layers == 2 && report.bytes > 0)
        #expect(try store.content.digests() == [] && store.layers.diffIDs() == [])
        // A pin that cannot be read stops every removal.
        try shop.write(Array("nonsense\n".utf8), to: "store/pins/agent")
        #expect(throws: ImageError.self) { try store.prune() }
        #expect(throws: ImageError.self) { try store.pin([], owner: "../x") }
    }

    @Test func `while someone adds content nothing is collected`() throws {
        let shop = try Workshop()
        let store = try store(shop, ["one"])
        var lock: Descriptor? = try store.holdShared()
        #expect(try store.remove(Reference("one")))
        #expect(try store.content.digests().count == 4)
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(try store.prune().blobs == 4)
    }

    @Test func `tags move and stay, and nothing is inspected that is not there`() throws {
        let shop = try Workshop()
        let store = try store(shop, ["one", "two"])
        try store.tag(Reference("one"), as: Reference("example.test/other:2"))
        try store.remove(Reference("one"))
        let details = try #require(try store.inspect(Reference("example.test/other:2")))
        #expect(details.layers.map(\.diffID) == [Digest(of: base), Digest(of: StoreTests.layer("one"))])
        #expect(details.layers.allSatisfy(\.isUnpacked) && !details.isPinned)
        try store.tag(Reference("two"), as: Reference("example.test/other:2"))
        #expect(try store.list().map(\.name) == ["docker.io/library/two:latest", "example.test/other:2"])
        #expect(try store.inspect(Reference("one")) == nil)
        #expect(throws: ImageError.self) { try store.tag(Reference("one"), as: Reference("x")) }
        #expect(throws: ImageError.self) {
            try store.tag(Reference("two"), as: Reference("x@\(Digest(of: []))"))
        }
    }

    @Test func `what is exported is the same when it is imported, and skopeo reads it`() throws {
        let shop = try Workshop()
        let store = try store(shop, ["one", "two"])
        let archive = shop.path + "/out.tar"
        try store.exportImages([Reference("one"), Reference("two"), Reference("one")], to: archive)
        let names = try store.list()
        let other = try ImageStore.open(at: shop.path + "/other")
        #expect(try other.importArchive(archive).map(\.digest) == names.map(\.digest))
        #expect(try other.list().map(\.name) == names.map(\.name))
        // The same images give the same archive.
        try other.exportImages([Reference("one"), Reference("two")], to: shop.path + "/again.tar")
        try Workshop.run("cmp \(archive) \(shop.path)/again.tar")
        // Every blob, as another program reads and writes it.
        try store.exportImages([Reference("two")], to: shop.path + "/two.tar")
        let blobs = try Workshop.run(
            """
            cd \(shop.path) && skopeo --policy /dev/null inspect oci-archive:two.tar >/dev/null 2>&1 || true
            printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
            skopeo --policy policy.json copy -q oci-archive:two.tar dir:two.dir && ls two.dir
            """
        )
        let details = try #require(try store.inspect(Reference("two")))
        for digest in [details.config.digest] + details.layers.map(\.blob.digest) {
            #expect(blobs.contains(digest.hex))
        }
        #expect(try Workshop.sum(shop.path + "/two.dir/manifest.json").0 == details.image.digest)

        #expect(throws: ImageError.self) { try store.exportImages([Reference("three")], to: archive) }
        #expect(throws: ImageError.self) {
            try store.exportImages([Reference("one")], to: shop.path + "/none/x")
        }
        try Workshop.run(
            "printf X | dd of=\(shop.path)/store/content/sha256/\(details.config.digest.hex) bs=1 seek=3 conv=notrunc 2>/dev/null"
        )
        #expect(throws: ImageError.self) { try store.exportImages([Reference("two")], to: archive) }
        // The archive that was there is there still, and nothing beside it.
        try Workshop.run("cmp \(archive) \(shop.path)/again.tar")
        #expect(try Workshop.run("ls -A \(shop.path) | grep -c tmp- || true") == "0\n")
    }

    @Test func `archives that lie ready are taken in once`() throws {
        let shop = try Workshop()
        let source = try store(shop, ["one", "two"])
        let folder = shop.path + "/preload"
        let store = try ImageStore.open(at: shop.path + "/fresh")
        #expect(try store.preload(from: folder).isEmpty)
        try Workshop.run(
            "mkdir \(folder) && cp -r \(shop.path)/one \(folder)/one && echo no >\(folder)/bad.tar && touch \(folder)/.hidden"
        )
        try source.exportImages([Reference("two")], to: folder + "/two.tar")
        func outcomes() throws -> [String] {
            try store.preload(from: folder).map { tried in
                let name = tried.path.split(separator: "/").last ?? ""
                return switch tried.outcome {
                case .success(let images): "\(name): \(images.count)"
                case .failure: "\(name): refused"
                }
            }
        }
        #expect(try outcomes() == ["bad.tar: refused", "one: 1", "two.tar: 1"])
        #expect(try store.list().count == 2)
        #expect(try outcomes() == ["bad.tar: refused"])
        // What is removed by hand does not come back by itself; what is replaced does.
        try store.remove(Reference("two"))
        try Workshop.run("rm \(folder)/bad.tar")
        #expect(try outcomes() == [])
        try source.exportImages([Reference("two")], to: folder + "/two.tar")
        #expect(try outcomes() == ["two.tar: 1"])
    }

    @Test func `what lies ready is judged like any import`() throws {
        let shop = try Workshop()
        _ = try store(shop, ["one"])
        let folder = shop.path + "/preload"
        try Workshop.run("mkdir \(folder) && cp -r \(shop.path)/one \(folder)/one")
        let store = try ImageStore.open(at: shop.path + "/fresh")
        let denying = TrustPolicy(rules: [], fallback: TrustRule(name: "default", denies: true))
        let tried = try store.preload(from: folder, trust: denying)
        guard tried.count == 1, case .failure(let error) = tried[0].outcome, case .refused = error.cause
        else {
            Issue.record("\(tried)")
            return
        }
        #expect(try store.list().isEmpty && store.layers.diffIDs().isEmpty)
        // Rules that change are asked again.
        #expect(try store.preload(from: folder).count == 1)
        #expect(try store.list().count == 1)
    }
}
