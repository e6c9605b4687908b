// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct LayerTests {
    @Test(
        arguments: HostileCase.all
    )
    func `a hostile archive touches nothing outside its layer`(_ hostile: HostileCase) throws {
        let shop = try Workshop()
        var tar = TarWriter()
        hostile.build(&tar, shop.victim)
        var refused: (any Error)?
        do { _ = try shop.unpack(tar.finished) } catch { refused = error }
        #expect(shop.isVictimUntouched)
        switch hostile.end {
        case .refused: #expect(refused is ImageError)
        case .unpacked: #expect(refused == nil)
        case .either: break
        }
        // A refused layer leaves nothing behind, a good one only itself.
        let names = try Workshop.run("ls -A \(shop.path)/store/layers").split(separator: "\n")
        #expect(names == (refused == nil ? [Substring(Digest(of: tar.finished).hex)] : []))
    }

    @Test func `a good layer is what GNU tar makes of it`() throws {
        let shop = try Workshop()
        let source = shop.path + "/source"
        try Workshop.run(
            """
            mkdir -p \(source)/etc/deep/er \(source)/bin && cd \(source) && echo hello >etc/file && : >etc/empty
            head -c 300000 /dev/urandom >bin/program && chmod 4755 bin/program && ln bin/program bin/twin
            ln -s ../etc/file bin/relative && ln -s /etc/file bin/absolute && ln -s nowhere bin/dangling
            ln bin/dangling bin/dangling-twin
            mkfifo -m 640 etc/pipe && chown 1000:2000 etc/file && chown -h 12:34 bin/relative && chmod 1777 etc/deep
            chmod 0 etc/empty && printf 'ü' >"etc/ümlaut" && touch "$(printf 'etc/\\377raw')" && : >etc/..name
            truncate -s 5M etc/sparse && printf end >>etc/sparse && printf mid | dd of=etc/sparse bs=1 seek=2000000 conv=notrunc 2>/dev/null
            n=$(printf 'long%.0s' $(seq 50)) && echo long >"etc/deep/er/$n"
            find . -exec touch -h -d '2020-01-02 03:04:05.678' {} +
            """
        )
        // cap_net_raw+ep: VFS_CAP_REVISION_2, linux/capability.h
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        try Descriptor.open(source + "/bin/twin", O_RDONLY).setAttribute("security.capability", capability)
        try Descriptor.open(source + "/etc/file", O_RDONLY).setAttribute("user.note", Array("kept".utf8))
        for options in [
            "--format=gnu", "--format=gnu --sparse", "--format=pax --sparse --xattrs --xattrs-include='*'",
            "--format=ustar --exclude=long*",
        ] {
            try Workshop.run(
                "tar -C \(source) --sort=name \(options) -cf \(shop.path)/good.tar . && rm -rf \(shop.path)/reference && mkdir \(shop.path)/reference && tar -C \(shop.path)/reference --xattrs --xattrs-include='*' -xpf \(shop.path)/good.tar"
            )
            let (tree, report) = try shop.unpack(try shop.read("good.tar"))
            #expect(report.droppedAttributes == 0)
            #expect(try Workshop.picture(tree) == Workshop.picture(shop.path + "/reference"), "\(options)")
            if options.contains("xattrs") {
                let program = try Descriptor.open(tree + "/bin/program", O_RDONLY)
                #expect(try program.attribute("security.capability") == capability)
                #expect(try program.status().mode == 0o4755)
                #expect(
                    try Descriptor.open(tree + "/etc/file", O_RDONLY).attribute("user.note")
                        == Array("kept".utf8)
                )
            }
            let times = "-exec stat -c '%n %y' {} +"
            #expect(
                try Workshop.run("cd \(tree) && find . \(times) | sort")
                    == Workshop.run("cd \(shop.path)/reference && find . \(times) | sort")
            )
            let blocks = try Workshop.run("stat -c %b \(tree)/etc/sparse")
            if options.contains("sparse") { #expect((Int(blocks.dropLast()) ?? .max) < 200) }
        }
    }

    @Test(arguments: ["gzip -1", "zstd -q", "cat"])
    func `a compressed layer has the DiffID of its plain bytes`(_ tool: String) throws {
        let shop = try Workshop()
        var tar = TarWriter()
        tar.file("a", String(repeating: "text ", count: 100_000))
        let store = try shop.store()
        let packed = try shop.gzip(tar.finished, with: tool)
        try shop.unpack(packed, diffID: Digest(of: tar.finished), in: store)
        #expect(try store.layers.holds(Digest(of: tar.finished)))

        let other = try shop.gzip(
            packed + (tool == "cat" ? [UInt8](repeating: 0, count: 512) : []),
            with: tool
        )
        #expect(throws: ImageError.self) { try shop.unpack(other, diffID: Digest(of: packed), in: store) }

        let cut = Array(packed.dropLast(packed.count / 2))
        #expect(throws: ImageError.self) { try shop.unpack(cut, diffID: Digest(of: tar.bytes), in: store) }
    }

    @Test func `whiteouts become what overlayfs understands`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        tar.file("gone/.wh.file", "")
        tar.file("opaque/new")
        tar.file("opaque/.wh..wh..opq", "")
        tar.file(".wh.again", "")
        tar.file("again/x")
        tar.file("kept", "mine")
        tar.file(".wh.kept", "")
        tar.directory("both")
        tar.file(".wh.both", "")
        let (tree, report) = try shop.unpack(tar.finished)
        func status(_ name: String) throws -> FileStatus? {
            try Descriptor.open(tree, O_RDONLY).status(#require(RawPath(name)))
        }
        func isOpaque(_ name: String) throws -> Bool {
            try Descriptor.open(tree + "/" + name, O_RDONLY).attribute("trusted.overlay.opaque")
                == Array("y".utf8)
        }
        #expect(try status("gone/file")?.isWhiteout == true)
        #expect(try status("gone")?.mode == 0o755)
        #expect(try isOpaque("opaque") && isOpaque("again") && isOpaque("both") && !isOpaque("gone"))
        #expect(try status("opaque/new")?.kind == .file && status("opaque/.wh..wh..opq") == nil)
        #expect(try status("kept")?.kind == .file)
        #expect(report.whiteouts == 5)
    }

    @Test func `skipped things are counted`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        tar.add(Array("hides".utf8), type: "3")
        tar.pax([
            ("SCHILY.xattr.trusted.overlay.opaque", Array("y".utf8)),
            ("SCHILY.xattr.user.overlay.redirect", [0x2F]),
            ("SCHILY.xattr.user.fine", Array("y".utf8)),
        ])
        tar.directory("d")
        let (tree, report) = try shop.unpack(tar.finished)
        #expect(report.skippedDevices == 1 && report.droppedAttributes == 2 && report.entries == 2)
        let directory = try Descriptor.open(tree + "/d", O_RDONLY)
        #expect(try directory.attribute("trusted.overlay.opaque") == nil)
        #expect(try directory.attribute("user.fine") == Array("y".utf8))
        #expect(try Workshop.run("ls -A \(tree)") == "d\n")
    }

    @Test func `an absolute hard link and a dangling parent stay inside the layer`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        tar.file("usr/bin/tool", "tool")
        tar.hardLink("bin/tool", to: "/usr/bin/tool")
        tar.link("lib", to: "usr/lib/deep")
        tar.file("lib/x", "inside")
        let (tree, _) = try shop.unpack(tar.finished)
        #expect(
            try Workshop.run("stat -c %h \(tree)/bin/tool; cat \(tree)/usr/lib/deep/x; readlink \(tree)/lib")
                == "2\ninsideusr/lib/deep\n"
        )
    }

    @Test func `a tree built through links to be very deep can be replaced and removed`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        let deep = String(repeating: "d/", count: 200)
        tar.pax([("path", Array(deep.utf8))])
        tar.directory("x")
        for level in 0..<20 {
            // Each link is a short way to the end of the chain so far.
            let from = level == 0 ? "" : "l\(level - 1)/"
            tar.pax([("path", Array((from + deep).utf8))])
            tar.directory("x")
            tar.pax([("linkpath", Array((from + deep).utf8))])
            tar.link("l\(level)", to: "x")
        }
        tar.file("d", "flat now")
        let (tree, _) = try shop.unpack(tar.finished)
        #expect(try Workshop.run("cat \(tree)/d") == "flat now")
    }

    @Test func `a bomb is refused soon, and leaves no byte`() throws {
        let shop = try Workshop()
        // 512 MiB of zeros in 512 KiB: over the ratio, and over a smaller cap on size.
        try Workshop.run(
            "truncate -s 512M \(shop.path)/zeros && tar -C \(shop.path) -cf - zeros | gzip -9 >\(shop.path)/bomb && rm \(shop.path)/zeros"
        )
        for (limits, text) in [(ImageLimits(), "times"), (Self.small, "bytes")] {
            let store = try ImageStore.open(at: shop.path + "/store", limits: limits)
            let error = #expect(throws: ImageError.self) {
                try shop.unpack(file: shop.path + "/bomb", diffID: Digest(of: []), in: store)
            }
            #expect(error?.description.contains(text) == true)
            #expect(try Workshop.run("ls -A \(shop.path)/store/layers") == "")
        }
    }

    private static var small: ImageLimits {
        var limits = ImageLimits()
        limits.ratio = 5000
        limits.layerBytes = 100 << 20
        limits.layerEntries = 1000
        return limits
    }

    @Test func `too many entries and a huge hole are refused`() throws {
        let shop = try Workshop()
        var many = TarWriter()
        for number in 0..<1001 { many.directory("d\(number)") }
        #expect(throws: ImageError.self) { try shop.unpack(many.finished, limits: Self.small) }
        try Workshop.run(
            "truncate -s 20G \(shop.path)/hole && tar -C \(shop.path) --sparse -cf \(shop.path)/hole.tar hole"
        )
        let archive = try shop.read("hole.tar")
        #expect(throws: ImageError.self) { try shop.unpack(archive) }
    }

    @Test func `a swapper of links cannot lead any hostile archive out`() throws {
        try #require(HostileCase.all.count >= 60)
        let shop = try Workshop()
        _ = try shop.store()
        let swapper = Swapper()
        let (layers, victim) = (shop.path + "/store/layers", shop.victim)
        try Thread.detach { swapper.run(below: layers, victim: victim) }
        defer { swapper.isStopped.store(true, ordering: .relaxed) }
        for hostile in HostileCase.all {
            var tar = TarWriter()
            // So much before it, that the swapper is at work when it comes, in the very directory.
            for number in 0..<40 {
                tar.directory("a")
                tar.file("a/\(number)")
            }
            hostile.build(&tar, shop.victim)
            _ = try? shop.unpack(tar.finished)  // refused or not: what counts is the victim
            #expect(shop.isVictimUntouched, "\(hostile.name)")
        }
        #expect(swapper.swaps.load(ordering: .relaxed) > 0)
    }

    @Test func `a swapper of links in the layer cannot lead the unpacker out`() throws {
        let shop = try Workshop()
        var tar = TarWriter()
        for number in 0..<1000 {
            tar.directory("a")
            tar.file("a/file", "lost \(number)")
            tar.file("a/.wh.gone", "")
            tar.directory("a/deep", mode: 0o777)
        }
        // Someone with our rights turns the directory "a" into a link to the victim and back, as fast as it goes.
        let (layers, victim) = (shop.path + "/store/layers", shop.victim)
        _ = try shop.store()
        let swapper = Swapper()
        try Thread.detach { swapper.run(below: layers, victim: victim) }
        defer { swapper.isStopped.store(true, ordering: .relaxed) }
        var rounds = 0
        while swapper.swaps.load(ordering: .relaxed) < 100 || rounds < 30 {
            _ = try? shop.unpack(tar.finished)  // refused or not: what counts is the victim
            rounds += 1
            try #require(rounds < 5_000, "the swapper never got its turn")
        }
        #expect(shop.isVictimUntouched)
    }
}

private final class Swapper: Sendable {
    let swaps = Atomic(0)
    let isStopped = Atomic(false)

    func run(below layers: String, victim: String) {
        while !isStopped.load(ordering: .relaxed) {
            guard let names = try? Descriptor.open(layers, O_RDONLY).entries() else { return }
            for name in names {
                let (a, b) = ("\(layers)/\(name)/tree/a", "\(layers)/\(name)/tree/b")
                for _ in 0..<500 where rename(a, b) == 0 {
                    if symlink(victim, a) == 0 { swaps.add(1, ordering: .relaxed) }
                    unlink(a)
                    rename(b, a)
                }
            }
        }
    }
}
