// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
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

    @Test func `a path that leaves the root is found while others rename`() async throws {
        let folder = "/var/tmp/martlet-test-\(getpid())-renames"
        #expect(mkdir(folder, 0o700) == 0 && mkdir("\(folder)/a", 0o700) == 0)
        let isDone = Mutex(false)
        async let renames: Void = Thread.run {
            while !isDone.withLock({ $0 }) {
                rename("\(folder)/a", "\(folder)/b")
                rename("\(folder)/b", "\(folder)/a")
            }
        }
        let root = try Descriptor.open("/usr", O_DIRECTORY)
        let failures = (0..<20_000).filter { _ in
            (try? Descriptor.open("bin/../../../bin", O_DIRECTORY, at: root.number, resolve: [.inRoot]))
                == nil
        }
        isDone.withLock { $0 = true }
        try await renames
        #expect(failures.isEmpty)
        #expect(rmdir("\(folder)/a") == 0 && rmdir(folder) == 0)
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
