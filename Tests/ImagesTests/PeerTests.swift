// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

/// Layers beside what another unpacker makes of them.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct PeerTests {
    /// A tree with everything that a layer can hold.
    static func makeTree(_ path: String) throws {
        try Workshop.run(
            """
            mkdir -p \(path)/usr/bin \(path)/usr/lib/deep/er \(path)/dev \(path)/tmp \(path)/var/empty && cd \(path)
            head -c 700000 /dev/urandom >usr/bin/tool && chmod 4755 usr/bin/tool && ln usr/bin/tool usr/bin/twin
            ln -s usr/bin bin && ln -s ../lib/none usr/bin/dangling && ln -s /usr/bin/tool usr/lib/absolute
            seq 2000 >usr/lib/numbers && chown 33:44 usr/lib/numbers && chmod 640 usr/lib/numbers && chown -h 5:6 bin
            : >usr/lib/empty && chmod 0 usr/lib/empty && chmod 1777 tmp && chmod 2755 var/empty && chown 7:8 var/empty
            mknod -m 666 dev/null c 1 3 && mknod -m 660 dev/loop0 b 7 0 && chown 0:6 dev/loop0 && mkfifo -m 622 dev/pipe
            truncate -s 3M usr/lib/sparse && printf end >>usr/lib/sparse && printf 'ü' >usr/lib/ümlaut && : >usr/lib/..name
            n=$(printf 'long%.0s' $(seq 40)) && mkdir usr/lib/deep/er/$n && echo long >usr/lib/deep/er/$n/$n
            find . -exec touch -h -d '2021-03-04 05:06:07.123456789' {} +
            """
        )
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        try Descriptor.open(path + "/usr/bin/tool", O_RDONLY).setAttribute("security.capability", capability)
        try Descriptor.open(path + "/usr/lib/numbers", O_RDONLY).setAttribute("user.note", Array("kept".utf8))
        try Descriptor.open(path + "/usr/lib", O_RDONLY).setAttribute("user.folder", Array("too".utf8))
    }

    /// Everything about a tree, with device numbers, times of folders and attributes.
    static func picture(_ path: String) throws -> String {
        try Workshop.picture(path)
            + Workshop.run(
                """
                cd \(path) && find . -mindepth 1 -exec stat -c '%n %F %t:%T %y' {} + | LC_ALL=C sort
                python3 - <<'END'
                import os
                for folder, folders, files in sorted(os.walk(b".")):
                    for name in sorted([b"."] + folders + files):
                        path = os.path.join(folder, name)
                        if os.path.islink(path): continue
                        for key in sorted(os.listxattr(path)):
                            if not key.startswith("trusted."): print(path, key, os.getxattr(path, key))
                END
                """
            )
    }

    @Test(arguments: ["gzip -6", "cat"])
    func `a layer is what umoci makes of it`(_ tool: String) throws {
        let shop = try Workshop()
        try Self.makeTree(shop.path + "/tree")
        try Workshop.run(
            "tar -C \(shop.path)/tree --sort=name --format=pax --xattrs --xattrs-include='*' --numeric-owner -cf \(shop.path)/tree.tar ."
        )
        let layer = try shop.read("tree.tar")
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([layer]) { (try shop.gzip($0, with: tool), tool == "cat" ? "" : "+gzip") }
        try layout.finish(as: "one")
        let store = try shop.store()
        let image = try store.importArchive(layout.path)[0]
        try Workshop.run("umoci raw unpack --image \(layout.path):one \(shop.path)/bundle 2>&1")
        let (ours, theirs) = (
            try Self.picture(image.layers[0]), try Self.picture(shop.path + "/bundle")
        )
        #expect(ours == theirs)
        #expect(ours == (try Self.picture(shop.path + "/tree")))
    }

    @Test func `layers with whiteouts show through overlayfs what umoci makes of them`() throws {
        let shop = try Workshop()
        var base = TarWriter()
        base.directory("kept")
        base.file("kept/a", "1")
        base.file("kept/b", "2")
        base.directory("gone")
        base.file("gone/x")
        base.directory("opaque")
        base.file("opaque/old")
        base.directory("opaque/deep")
        base.file("opaque/deep/older")
        base.file("file", "a file")
        base.directory("folder")
        base.file("folder/x")
        base.link("link", to: "kept")
        var top = TarWriter()
        top.file("kept/.wh.a", "")
        top.file(".wh.gone", "")
        top.directory("opaque")
        top.file("opaque/new")
        top.file("opaque/.wh..wh..opq", "")
        top.directory("file")
        top.file("file/now", "a folder")
        top.file("folder", "a file")
        top.file(".wh.link", "")
        var last = TarWriter()
        last.directory("gone")
        last.file("gone/again", "back")
        last.file("kept/a", "new")
        var layout = try LayoutWriter(shop.path + "/layout")
        try layout.add([base.finished, top.finished, last.finished])
        try layout.finish(as: "one")
        let store = try shop.store()
        let image = try store.importArchive(layout.path)[0]
        try Workshop.run("umoci raw unpack --image \(layout.path):one \(shop.path)/bundle 2>&1")
        let merged = shop.path + "/merged"
        let lower = image.layers.reversed().joined(separator: ":")
        let ours = try Workshop.run(
            """
            mkdir \(merged) && unshare --mount --propagation private sh -c \
            "mount -t overlay overlay -o lowerdir=\(lower) \(merged) && cp -a \(merged) \(shop.path)/copy"
            """
        )
        #expect(ours == "")
        // Times of folders depend on who writes into them when.
        func names(_ path: String) throws -> String {
            try Workshop.run(
                "cd \(path) && find . -printf '%y %m %U %G %l %P\\n' | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum"
            )
        }
        #expect(try names(shop.path + "/copy") == names(shop.path + "/bundle"))
    }
}
