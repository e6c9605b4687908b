// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    /// A node before its first boot, and what it is given.
    private final class FirstBoot {
        private let folder = "/var/tmp/martlet-first-boot-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

        init() throws {
            try Shell.run(
                """
                set -e; mkdir -p \(folder)/etc/apps.d \(folder)/etc/more; cd \(folder)
                echo '# mine' >etc/node.yaml; echo '# too' >etc/apps.d/b.yaml
                echo martlet.provision=\(folder)/text >line
                cat >text <<'END'
                format: 1
                files:
                  - { path: node.yaml, content: "format: 1\\n" }
                  - { path: apps.d/a.yaml, content: "name: a\\nservices: {a: {image: a}}\\n" }
                  - { path: apps.d/b.yaml, mode: "0644", content: "name: b\\nservices: {b: {image: b}}\\n" }
                  - { path: more/c, content: "c\\n" }
                END
                """
            )
        }

        deinit {
            try? unblock()
            _ = try? Shell.run("rm -rf \(folder)")
        }

        /// What `martlet provision` says, and its exit code in a last line.
        func boot(killedAt point: String? = nil) throws -> String {
            try Shell.run(
                """
                \(point.map { "MARTLET_FAILPOINT=\($0)" } ?? "") env -u CREDENTIALS_DIRECTORY \
                  \(Walk.martlet)-agent provision --settings \(folder)/etc --state-dir \(folder)/state \
                  --runtime-dir \(folder)/run --command-line \(folder)/line --container \(folder)/none \
                  --labels \(folder)/none
                echo "exit $?"
                """
            )
        }

        /// Is killed there.
        func boot(cutAt point: String) throws {
            #expect(try boot(killedAt: point).hasSuffix("exit 137\n"))
        }

        /// The text is gone, and nothing speaks of it.
        func forget() throws { try Shell.run("rm \(folder)/text; echo quiet >\(folder)/line") }

        /// Has nothing come into one of the folders.
        func block() throws { try Shell.run("mount --bind \(folder)/etc/more \(folder)/etc/more") }

        func unblock() throws {
            try Shell.run("! mountpoint -q \(folder)/etc/more || umount \(folder)/etc/more")
        }

        /// All names, modes, numbers of links and contents, but that of the mark.
        func content() throws -> String {
            try Shell.run(
                """
                cd \(folder)/etc; find . -type d -printf '%p\\n' -o -printf '%p %m %n\\n' | LC_ALL=C sort
                cat node.yaml apps.d/*; cat more/* 2>/dev/null || true
                """
            )
        }
    }

    /// What a node has that was provisioned without any trouble.
    private static func wanted() throws -> String {
        let node = try FirstBoot()
        #expect(try node.boot().hasSuffix("exit 0\n"))
        let content = try node.content()
        #expect(content.contains("./.provisioned 600 1\n") && content.contains("\nname: a\n"), "\(content)")
        return content
    }

    @Test(arguments: [
        ("provisionStaging", false), ("provisionStaging:4", false), ("provisionStaged", false),
        ("provisionBegun", true), ("provisionPlaced", true), ("provisionPlaced:2", true),
        ("provisionPlaced:4", true), ("provisionSettled", true), ("provisionCleared", true),
        ("provisionMarked", true),
    ]) func `a first boot that is cut short is whole at the next one, or has not been`(
        point: String,
        isBegun: Bool
    ) throws {
        let wanted = try Self.wanted()
        for hasText in [true, false] {
            let node = try FirstBoot()
            let before = try node.content()
            try node.boot(cutAt: point)
            if !hasText { try node.forget() }
            let next = try node.boot()
            #expect(next.hasSuffix("exit 0\n"), "\(next)")
            #expect(try node.content() == (isBegun || hasText ? wanted : before), "\(next)")
        }
    }

    @Test(arguments: ["provisionPlaced:3", "provisionSettled"])
    func `a first boot that is cut short twice is whole`(point: String) throws {
        let node = try FirstBoot()
        try node.boot(cutAt: "provisionPlaced:2")
        try node.forget()
        try node.boot(cutAt: point)
        #expect(try node.boot().hasSuffix("exit 0\n"))
        #expect(try node.content() == Self.wanted())
    }

    @Test(arguments: [
        ("provisionReturned", true), ("provisionReturned:3", true), ("provisionReturned:4", true),
        ("provisionForgotten", false),
    ]) func `a way back that is cut short is whole at the next boot, one way or the other`(
        point: String,
        isKnown: Bool
    ) throws {
        let wanted = try Self.wanted()
        for isBlocked in [true, false] {
            let node = try FirstBoot()
            let before = try node.content()
            try node.block()
            try node.boot(cutAt: point)
            if isBlocked {
                let next = try node.boot()
                #expect(next.hasSuffix("exit 1\n"), "\(next)")
                try node.unblock()
                #expect(try node.content() == before)
                #expect(try node.boot().hasSuffix("exit 0\n"))
                #expect(try node.content() == wanted)
            } else {
                try node.unblock()
                try node.forget()
                #expect(try node.boot().hasSuffix("exit 0\n"))
                #expect(try node.content() == (isKnown ? wanted : before))
            }
        }
    }
}
