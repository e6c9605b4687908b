// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Agent

@Suite struct FoldersTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/martlet-test-tree-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Shell.run("mkdir -p \(folder)/tree")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try body(folder)
    }

    @Test func `names that are not text are removed like others`() throws {
        try withFolder { folder in
            try Shell.run(
                "cd \(folder)/tree && mkdir \"$(printf 'a\\377')\" && touch \"$(printf 'a\\377/\\376b')\" \"$(printf '\\200')\""
            )
            try Folders.removeTree("\(folder)/tree")
            #expect(access("\(folder)/tree", F_OK) < 0)
        }
    }

    @Test func `a tree of five thousand levels is removed`() throws {
        try withFolder { folder in
            let start = try Descriptor.open("\(folder)/tree", O_DIRECTORY)
            var at = start
            for _ in 0..<5000 {
                try at.makeDirectory("d", mode: 0o755)
                at = try Descriptor.open("d", O_DIRECTORY | O_NOFOLLOW, at: at.number)
            }
            try Folders.removeTree("\(folder)/tree")
            #expect(access("\(folder)/tree", F_OK) < 0)
        }
    }

    @Test func `what a link points to stays, and so does another file system`() throws {
        try withFolder { folder in
            try Shell.run(
                "mkdir \(folder)/kept \(folder)/tree/mount && touch \(folder)/kept/file && ln -s ../kept \(folder)/tree/link"
            )
            try Folders.removeTree("\(folder)/tree")
            #expect(access("\(folder)/kept/file", F_OK) == 0)
            try Shell.run(
                "mkdir -p \(folder)/tree/deep/mount && mount -t tmpfs none \(folder)/tree/deep/mount && touch \(folder)/tree/deep/mount/file"
            )
            #expect(throws: LinuxError.self) { try Folders.removeTree("\(folder)/tree") }
            let left = try Shell.run("find \(folder)/tree -name file | wc -l")
            try Shell.run("umount \(folder)/tree/deep/mount")
            #expect(left == "1\n")
        }
    }

    @Test func `a tree that is gone already is no error`() throws {
        try withFolder { folder in try Folders.removeTree("\(folder)/absent") }
    }
}
