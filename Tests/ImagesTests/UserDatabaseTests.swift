// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct UserDatabaseTests {
    static let passwd = """
        root:x:0:0:root:/root:/bin/sh
        app:x:1000:1001:an app:/srv/app:/bin/sh
        1001:x:0:0:a number as a name:/root:/bin/sh
        big:x:70000:0::/:
        wrap:x:4294967296:0::/:
        minus:x:-1:0::/:
        relative:x:7:7::home:
        short:x:8
        """
    static let group =
        "root:x:0:\nstaff:x:50:other,app\nwheel:x:10:app\nhuge:x:4294967296:app\nbig:x:70000:app\n"

    static func database(_ shop: Workshop) throws -> UserDatabase {
        var tar = TarWriter()
        tar.file("etc/passwd", passwd)
        tar.file("etc/group", group)
        return try UserDatabase(layers: [shop.unpack(tar.finished).tree])
    }

    @Test func `users are resolved as the image says`() throws {
        let database = try Self.database(try Workshop())
        let root = UserIdentity(uid: 0, gid: 0, home: "/root")
        let cases: [(String, UserIdentity)] = [
            ("", root), ("0", root), ("root", root),
            ("app", UserIdentity(uid: 1000, gid: 1001, groups: [10, 50], home: "/srv/app")),
            ("1000", UserIdentity(uid: 1000, gid: 1001, groups: [10, 50], home: "/srv/app")),
            ("1001", UserIdentity(uid: 1001, gid: 0)), ("4242", UserIdentity(uid: 4242, gid: 0)),
            ("app:staff", UserIdentity(uid: 1000, gid: 50, home: "/srv/app")),
            ("4242:4343", UserIdentity(uid: 4242, gid: 4343)),
            ("app:7", UserIdentity(uid: 1000, gid: 7, home: "/srv/app")),
            ("relative", UserIdentity(uid: 7, gid: 7)), (":50", UserIdentity(uid: 0, gid: 50, home: "/root")),
        ]
        for (text, identity) in cases { #expect(try database.resolve(text) == identity, "\(text)") }
    }

    @Test(arguments: [
        "4294967296", "2147483648:-1", "-1", "0 ", "+0", "1e3", "root\n", "１", "65536:65536", "0:65536",
        "nobody", "0x0",
        "big", "wrap", "minus", "short", "app:nobody", "app:huge", "app:big", "app:10:10", " root",
        "99999999999999999999",
        "root\u{0}",
    ])
    func `what is no user of this image is refused`(_ text: String) throws {
        let database = try Self.database(try Workshop())
        #expect(throws: ImageError.self) { try database.resolve(text) }
    }

    @Test func `an upper layer replaces, hides and links`() throws {
        let shop = try Workshop()
        func layer(_ build: (inout TarWriter) -> Void) throws -> String {
            var tar = TarWriter()
            build(&tar)
            return try shop.unpack(tar.finished).tree
        }
        let base = try layer { $0.file("etc/passwd", "app:x:1:1::/:\n") }
        let other = try layer { $0.file("etc/passwd", "app:x:2:2::/:\n") }
        let hides = try layer { $0.file("etc/.wh.passwd", "") }
        let opaque = try layer { $0.file("etc/.wh..wh..opq", "") }
        let links = try layer {
            $0.link("etc/passwd", to: "../../usr/lib/passwd")
            $0.link("usr/lib", to: "/lib")
        }
        let target = try layer { $0.file("lib/passwd", "app:x:3:3::/:\n") }
        let outside = try layer { $0.link("etc/passwd", to: HostileCase.up + "/etc/passwd") }
        #expect(try UserDatabase(layers: [base, other]).resolve("app").uid == 2)
        #expect(try UserDatabase(layers: [other, base]).resolve("app").uid == 1)
        #expect(throws: ImageError.self) { try UserDatabase(layers: [base, hides]).resolve("app") }
        #expect(throws: ImageError.self) { try UserDatabase(layers: [base, opaque]).resolve("app") }
        #expect(try UserDatabase(layers: [base, hides, other]).resolve("app").uid == 2)
        #expect(try UserDatabase(layers: [target, base, links]).resolve("app").uid == 3)
        // The link comes back to itself inside the layers, and so ends nowhere.
        #expect(throws: ImageError.self) { try UserDatabase(layers: [outside]) }
        #expect(try UserDatabase(rootfs: Descriptor.open(base, O_RDONLY)).resolve("app").uid == 1)
        #expect(try UserDatabase(layers: []).resolve("12:34") == UserIdentity(uid: 12, gid: 34))
    }

    @Test func `a giant or odd passwd is refused without being read`() throws {
        let shop = try Workshop()
        try Workshop.run(
            "mkdir -p \(shop.path)/a/etc \(shop.path)/b/etc && truncate -s 2G \(shop.path)/a/etc/passwd && mkfifo \(shop.path)/b/etc/passwd"
        )
        #expect(throws: ImageError.self) { try UserDatabase(layers: [shop.path + "/a"]) }
        #expect(throws: ImageError.self) { try UserDatabase(layers: [shop.path + "/b"]) }
    }
}
