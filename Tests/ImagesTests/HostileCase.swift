// SPDX-License-Identifier: Apache-2.0
internal import Testing

/// One archive that means harm, and what has to become of it.
///
/// The victim stays untouched in any case.
struct HostileCase: Sendable, CustomTestStringConvertible {
    enum End: Sendable { case refused, unpacked, either }

    let name: String
    let end: End
    let build: @Sendable (inout TarWriter, _ victim: String) -> Void

    init(_ name: String, _ end: End, _ build: @escaping @Sendable (inout TarWriter, String) -> Void) {
        self.name = name
        self.end = end
        self.build = build
    }

    var testDescription: String { name }

    static let up = "../../../../../../../../../../.."

    static let names: [HostileCase] = [
        HostileCase("a name with dots up", .refused) { tar, _ in tar.file("../x") },
        HostileCase("a name with many dots up to the victim", .refused) { tar, v in tar.file(up + v + "/file")
        },
        HostileCase("dots up behind a directory", .refused) { tar, v in tar.file("a/b/../../.." + v + "/file")
        },
        HostileCase("a name that ends in dots up", .refused) { tar, _ in tar.directory("a/..") },
        HostileCase("an absolute name", .unpacked) { tar, v in tar.file(v + "/file", "lost") },
        HostileCase("an absolute name with dots up", .refused) { tar, v in tar.file("/.." + v + "/file") },
        HostileCase("many slashes", .unpacked) { tar, v in tar.file("////./." + v + "//file", "lost") },
        HostileCase("an empty name", .refused) { tar, _ in tar.file("") },
        HostileCase("a file as the root", .refused) { tar, _ in tar.file(".") },
        HostileCase("a link as the root", .refused) { tar, v in tar.link("./", to: v) },
        HostileCase("a name of 256 bytes", .refused) { tar, _ in
            tar.pax([("path", [UInt8](repeating: 0x61, count: 256))])
            tar.file("a")
        },
        HostileCase("a path of 5000 bytes", .refused) { tar, _ in
            tar.pax([("path", Array(String(repeating: "ab/", count: 1700).utf8))])
            tar.file("a")
        },
        HostileCase("a GNU long name of 1 MiB", .refused) { tar, _ in
            tar.gnuLong("L", [UInt8](repeating: 0x61, count: 1 << 20))
            tar.file("a")
        },
        HostileCase("a path 300 deep", .refused) { tar, _ in
            tar.pax([("path", Array((String(repeating: "a/", count: 300) + "x").utf8))])
            tar.file("a")
        },
        HostileCase("a NUL in a PAX path", .either) { tar, _ in
            tar.pax([("path", Array("a\u{0}/../../x".utf8))])
            tar.file("a")
        },
        HostileCase("a PAX path with dots up", .refused) { tar, v in
            tar.pax([("path", Array((up + v + "/file").utf8))])
            tar.file("harmless")
        },
        HostileCase("a GNU long name with dots up", .refused) { tar, v in
            tar.gnuLong("L", Array((up + v + "/file").utf8))
            tar.file("harmless")
        },
        HostileCase("a ustar prefix with dots up", .refused) { tar, _ in
            tar.add(Array("x".utf8)) { header in
                header[345] = 0x2E
                header[346] = 0x2E
            }
        },
        HostileCase("a global header with a path", .either) { tar, v in
            tar.pax([("path", Array((up + v + "/file").utf8))], type: "g")
            tar.file("harmless")
        },
    ]

    static let links: [HostileCase] = [
        HostileCase("a file through an absolute link", .unpacked) { tar, v in
            tar.link("a", to: v)
            tar.file("a/file", "lost")
        },
        HostileCase("a file through a link with dots up", .unpacked) { tar, v in
            tar.link("a", to: up + v)
            tar.file("a/file", "lost")
        },
        HostileCase("a chain of links", .unpacked) { tar, v in
            tar.link("a", to: "b")
            tar.link("b", to: "c" + v)
            tar.link("c", to: "/")
            tar.file("a/file", "lost")
        },
        HostileCase("links in a circle", .refused) { tar, _ in
            tar.link("a", to: "b")
            tar.link("b", to: "a")
            tar.file("a/x")
        },
        HostileCase("a link to itself", .refused) { tar, _ in
            tar.link("a", to: "a/a")
            tar.file("a/x")
        },
        HostileCase("a file over a link", .unpacked) { tar, v in
            tar.link("a", to: v + "/file")
            tar.file("a", "lost")
        },
        HostileCase("a directory over a link", .unpacked) { tar, v in
            tar.link("a", to: v)
            tar.directory("a", mode: 0o777)
            tar.file("a/file", "lost")
        },
        HostileCase("a link over a directory, then a file in it", .unpacked) { tar, v in
            tar.directory("a")
            tar.file("a/x")
            tar.link("a", to: v)
            tar.file("a/file", "lost")
        },
        HostileCase("a directory's mode through a link", .unpacked) { tar, v in
            tar.link("a", to: v + "/deep")
            tar.directory("a/", mode: 0o777)
        },
        HostileCase("a link to /proc/self/root", .unpacked) { tar, v in
            tar.link("a", to: "/proc/self/root")
            tar.file("a" + v + "/file", "lost")
        },
        HostileCase("a link to /proc/self/fd/3", .unpacked) { tar, _ in
            tar.link("a", to: "/proc/self/fd/3")
            tar.file("a/x", "lost")
        },
        HostileCase("an empty link", .refused) { tar, _ in tar.link("a", to: "") },
        HostileCase("a link of 5000 bytes", .refused) { tar, _ in
            tar.pax([("linkpath", [UInt8](repeating: 0x61, count: 5000))])
            tar.link("a", to: "b")
        },
        HostileCase("a file as a parent", .refused) { tar, _ in
            tar.file("a")
            tar.file("a/x")
        },
        HostileCase("a fifo as a parent", .refused) { tar, _ in
            tar.add(Array("a".utf8), type: "6")
            tar.file("a/x")
        },
    ]

    static let hardLinks: [HostileCase] = [
        HostileCase("a hard link to an absolute victim", .refused) { tar, v in
            tar.hardLink("a", to: v + "/file")
        },
        HostileCase("a hard link with dots up", .refused) { tar, v in tar.hardLink("a", to: up + v + "/file")
        },
        HostileCase("a hard link with /..", .refused) { tar, v in tar.hardLink("a", to: "/.." + v + "/file")
        },
        HostileCase("a hard link through a link", .refused) { tar, v in
            tar.link("l", to: v)
            tar.hardLink("a", to: "l/file")
        },
        HostileCase("a hard link to a link, then content", .unpacked) { tar, v in
            tar.link("l", to: v + "/file")
            tar.hardLink("a", to: "l")
            tar.file("a", "lost")
        },
        HostileCase("a hard link to a link, with a mode", .unpacked) { tar, v in
            tar.link("l", to: v + "/file")
            tar.hardLink("a", to: "l", mode: 0o4777)
        },
        HostileCase("a hard link to a directory", .refused) { tar, _ in
            tar.directory("d")
            tar.hardLink("a", to: "d")
        },
        HostileCase("a hard link to the root", .refused) { tar, _ in tar.hardLink("a", to: "/") },
        HostileCase("a hard link to itself", .unpacked) { tar, _ in
            tar.file("a")
            tar.hardLink("a", to: "a")
        },
        HostileCase("a hard link to nothing", .refused) { tar, _ in tar.hardLink("a", to: "b") },
        HostileCase("a hard link to a whiteout", .refused) { tar, _ in
            tar.file(".wh.b", "")
            tar.hardLink("a", to: "b")
        },
        HostileCase("a PAX linkpath to the victim", .refused) { tar, v in
            tar.pax([("linkpath", Array((v + "/file").utf8))])
            tar.hardLink("a", to: "b")
        },
    ]

    static let whiteouts: [HostileCase] = [
        HostileCase("a whiteout of nothing", .refused) { tar, _ in tar.file(".wh.", "") },
        HostileCase("a whiteout of the directory", .refused) { tar, _ in tar.file(".wh..", "") },
        HostileCase("a whiteout of the directory above", .refused) { tar, _ in tar.file("a/.wh...", "") },
        HostileCase("a whiteout behind dots up", .refused) { tar, v in tar.file(".." + v + "/.wh.file", "") },
        HostileCase("a whiteout through a link", .unpacked) { tar, v in
            tar.link("a", to: v)
            tar.file("a/.wh.nothing", "")
        },
        HostileCase("an opaque mark through a link", .unpacked) { tar, v in
            tar.link("a", to: v)
            tar.file("a/.wh..wh..opq", "")
        },
        HostileCase("a whiteout as a directory", .refused) { tar, _ in tar.file(".wh.a/x") },
        HostileCase("a marker of AUFS", .unpacked) { tar, _ in
            tar.directory(".wh..wh.plnk")
            tar.hardLink(".wh..wh.aufs", to: "/etc/passwd")
        },
    ]

    static let oddities: [HostileCase] = [
        HostileCase("device nodes", .unpacked) { tar, _ in
            tar.add(Array("sda".utf8), type: "4")
            tar.add(Array("mem".utf8), type: "3")
            tar.add(Array("hides".utf8), type: "3")
        },
        HostileCase("an owner out of range", .refused) { tar, _ in tar.file("a", uid: 65_536) },
        HostileCase("a group out of range", .refused) { tar, _ in tar.file("a", gid: 0o7_777_777) },
        HostileCase("an owner beyond 32 bits", .refused) { tar, _ in
            tar.pax([("uid", Array("4294967296".utf8))])
            tar.file("a")
        },
        HostileCase("a negative owner", .refused) { tar, _ in
            tar.add(Array("a".utf8)) { header in for index in 108..<116 { header[index] = 0xFF } }
        },
        HostileCase("a negative size", .refused) { tar, _ in
            tar.add(Array("a".utf8)) { header in for index in 124..<136 { header[index] = 0xFF } }
        },
        HostileCase("a size of 2^60", .refused) { tar, _ in
            tar.add(Array("a".utf8)) { header in
                for index in 124..<136 { header[index] = 0 }
                header[124] = 0x80
                header[128] = 0x10
            }
        },
        HostileCase("a PAX size beyond the content", .refused) { tar, _ in
            tar.pax([("size", Array("1099511627776".utf8))])
            tar.file("a")
        },
        HostileCase("attributes that steer overlayfs", .unpacked) { tar, _ in
            tar.pax([
                ("SCHILY.xattr.trusted.overlay.redirect", Array("/../victim".utf8)),
                ("SCHILY.xattr.user.overlay.opaque", Array("y".utf8)),
                ("SCHILY.xattr.security.selinux", Array("x".utf8)),
                ("SCHILY.xattr.trusted.other", Array("x".utf8)),
            ])
            tar.file("a")
        },
        HostileCase("changing types under one name", .unpacked) { tar, v in
            tar.file("a")
            tar.directory("a")
            tar.file("a/x")
            tar.link("a", to: v)
            tar.add(Array("a".utf8), type: "6")
            tar.file("a", "last")
        },
        HostileCase("a wrong checksum", .refused) { tar, _ in
            tar.file("a")
            tar.add(Array("b".utf8))
            tar.spoil(at: 512 * 2 + 3)
        },
        HostileCase("a time beyond all calendars", .unpacked) { tar, _ in
            tar.pax([("mtime", Array("99999999999999999999.5".utf8))])
            tar.file("a")
        },
        HostileCase("a sparse map outside the file", .refused) { tar, _ in
            tar.pax([
                ("GNU.sparse.major", Array("0".utf8)), ("GNU.sparse.minor", Array("1".utf8)),
                ("GNU.sparse.name", Array("a".utf8)), ("GNU.sparse.size", Array("10".utf8)),
                ("GNU.sparse.numblocks", Array("1".utf8)), ("GNU.sparse.map", Array("1000000000,1".utf8)),
            ])
            tar.file("a")
        },
        HostileCase("an unknown type", .either) { tar, _ in tar.add(Array("a".utf8), type: "Z") },
        HostileCase("a socket, as some write it", .either) { tar, _ in tar.add(Array("a".utf8), type: "s") },
        HostileCase("a file of a type that runs", .unpacked) { tar, v in
            tar.link("a", to: v + "/file")
            tar.file("a", "lost", mode: 0o6777)
        },
        HostileCase("capabilities on a link", .unpacked) { tar, v in
            tar.pax([("SCHILY.xattr.security.capability", [1, 0, 0, 2] + [UInt8](repeating: 0, count: 16))])
            tar.link("a", to: v + "/file")
        },
        HostileCase("an attribute of 1 MiB", .either) { tar, _ in
            tar.pax([("SCHILY.xattr.user.big", [UInt8](repeating: 0x61, count: 1 << 20))])
            tar.file("a")
        },
        HostileCase("our own mark", .unpacked) { tar, _ in
            tar.pax([("SCHILY.xattr.trusted.martlet.written", Array("disk".utf8))])
            tar.directory(".")
        },
        HostileCase("a PAX record longer than its header", .either) { tar, _ in
            tar.add(Array("x".utf8), type: "x", content: Array("999999 path=a\n".utf8))
            tar.file("a")
        },
        HostileCase("PAX headers one after another", .either) { tar, v in
            for _ in 0..<100 { tar.pax([("path", Array((up + v + "/file").utf8))]) }
            tar.file("a")
        },
        HostileCase("a name of the sibling's beginning", .unpacked) { tar, v in
            tar.file("a" + v + "-evil", "lost")
            tar.file("tree-evil/file", "lost")
        },
        HostileCase("names that only look like dots up", .unpacked) { tar, _ in
            tar.file("..name")
            tar.file(".../x")
            tar.file("a/..b/c")
        },
        HostileCase("a time through a link", .unpacked) { tar, v in
            tar.directory("a")
            tar.directory("a/b")
            tar.link("a", to: v)
        },
        HostileCase("an owner through a link", .unpacked) { tar, v in
            tar.link("a", to: v + "/file")
            tar.hardLink("b", to: "a")
            tar.file("b", "lost", uid: 1000, gid: 1000)
        },
        HostileCase("an archive cut in a header", .either) { tar, _ in
            tar.file("a")
            tar.cut(at: 1024 + 100)
        },
        HostileCase("an archive cut in a file", .refused) { tar, _ in
            tar.file("a", String(repeating: "x", count: 5000))
            tar.cut(at: 2000)
        },
    ]

    static let all = names + links + hardLinks + whiteouts + oddities
}
