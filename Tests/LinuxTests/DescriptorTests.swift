// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@Suite struct DescriptorTests {
    @Test func `bytes written to a pipe are read back`() throws {
        let pipe = try Descriptor.pipe()
        try pipe.write.write(Array("martlet".utf8))
        #expect(try pipe.read.read(64) == Array("martlet".utf8))
    }

    @Test func `a path that leaves the root is clamped to it`() throws {
        let root = try Descriptor.open("/usr", O_DIRECTORY)
        let inside = try Descriptor.open("../../bin", O_DIRECTORY, at: root.number, resolve: [.inRoot])
        var a = stat(), b = stat()
        #expect(fstat(inside.number, &a) == 0 && stat("/usr/bin", &b) == 0)
        #expect(a.st_ino == b.st_ino)
    }

    @Test func `a failed call names itself, its subject and its cause`() {
        #expect(throws: LinuxError("openat", "/nowhere", errno: ENOENT)) {
            try Descriptor.open("/nowhere", O_RDONLY)
        }
        #expect(
            LinuxError("openat", "/nowhere", errno: ENOENT).description
                == "openat /nowhere: no such file or directory (ENOENT)"
        )
    }
}
