internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

@Suite struct CgroupPathTests {
    @Test(arguments: [
        ("/docker/0123", ["docker", "0123"]),
        ("default/x", ["default", "x"]),
        (
            "/machine.slice/libpod-x.scope/container", ["machine.slice", "libpod-x.scope", "container"]
        ),
        ("x", ["x"]),
        ("/a b/é/..c", ["a b", "é", "..c"]),
    ])
    func `a path is its names below the mount point, with a slash before it or not`(
        text: String,
        components: [String]
    ) throws {
        let path = try CgroupPath(text)
        #expect(path.components == components)
        #expect(path.description == "/" + components.joined(separator: "/"))
        #expect(path.name == components.last)
        #expect(path.parent?.components ?? [] == components.dropLast())
    }

    @Test(arguments: [
        "", "/", "//", "..", "/..", "/a/..", "/a/../b", "../../x", "/a//b", "//a", "/a/", ".", "/a/./b",
        "/a\u{0}b", "/a\nb", "/a/b\n0::/c", String(repeating: "a", count: 256),
        String(repeating: "/a", count: 2001),
    ])
    func `a path that could lead elsewhere is refused`(text: String) {
        #expect(throws: ContainerError.self) { try CgroupPath(text) }
    }

    @Test func `a name is not a path`() throws {
        let path = try CgroupPath("/a")
        #expect(try path.appending("b").description == "/a/b")
        for name in ["", "..", ".", "b/../..", "b\n"] {
            #expect(throws: ContainerError.self) { try path.appending(name) }
        }
    }
}
