// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    private static let content = """
        cd /tmp && echo old >file && chmod 640 file && chown 7:8 file && ln file twin && ln -s file link && mkfifo fifo \
        && cp /bin/busybox su && chmod 4755 su && mkdir -p deep/er && chmod 1777 deep && rm /www/index.html \
        && echo ready
        """

    private static func file(_ command: String) -> String {
        """
        name: origin
        services:
          one: { image: "busybox:walk", command: [sh, -c, "\(command); exec sleep 100000"], init: true, ports: ["127.0.0.1::80"] }
        """
    }

    private func inside(_ walk: Walk, _ target: String, _ command: String) async throws -> String {
        let result = try await walk.martlet("exec", with: [target, "--", "sh", "-c", command])
        try #require(result.code == 0, "\(result.output)")
        return result.output
    }

    private func snapshot(_ walk: Walk, _ words: String) async throws -> (code: Int32, output: String) {
        let words = words.split(separator: " ").map(String.init)
        return try await walk.martlet("snapshot", words[0], with: Array(words.dropFirst()))
    }

    @Test func `a snapshot keeps what a running container wrote, and a clone begins with it`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(Self.file("sleep 1"))
            #expect(try await inside(walk, "origin/one", Self.content) == "ready\n")
            let pid = try #require(try await walk.instances().first?.pid)
            #expect(try await snapshot(walk, "create origin/one first") == (0, "first\n"))
            #expect(try await walk.instances().first?.pid == pid, "it went on")
            // In place, as a database does it.
            let change =
                "cd /tmp && echo new | dd of=file conv=notrunc 2>/dev/null && touch late && rm -r deep"
            _ = try await inside(walk, "origin/one", change)

            let clone = try await walk.martlet("clone", with: ["origin/one", "copy", "--snapshot", "first"])
            try #require(clone.code == 0, "\(clone.output)")
            let look =
                "cd /tmp && cat file && stat -c '%n %a %u %g %h %F' file twin link fifo su deep deep/er . / && ls /www"
            let expected = """
                old
                file 640 7 8 2 regular file
                twin 640 7 8 2 regular file
                link 777 0 0 1 symbolic link
                fifo 644 0 0 1 fifo
                su 4755 0 0 1 regular file
                deep 1777 0 0 3 directory
                deep/er 755 0 0 2 directory

                """
            let seen = try await inside(walk, "copy/one", look)
            #expect(seen.hasPrefix(expected) && !seen.contains("index.html"), "\(seen)")
            #expect(try await inside(walk, "copy/one", "ls /tmp").contains("late") == false)
            _ = try await inside(walk, "copy/one", "echo mine >/tmp/file; test -p /tmp/fifo")
            #expect(try await inside(walk, "origin/one", "cat /tmp/file") == "new\n")

            // A stopped one becomes the snapshot itself, and goes on with what it wrote.
            #expect(try await walk.martlet("stop", with: ["origin"]).code == 0)
            #expect(try await snapshot(walk, "create origin/one second").code == 0)
            agent.kill()
            agent = try await walk.agent()
            #expect(try await walk.martlet("start", with: ["origin"]).code == 0)
            #expect(
                try await inside(
                    walk,
                    "origin/one",
                    "cat /tmp/file; stat -c %a,%u,%h /tmp/file /tmp/su; ls /www"
                ) == "new\n640,7,2\n4755,0,1\n"
            )
            #expect(try await snapshot(walk, "create origin/one third --restart").code == 0)
            #expect(try await inside(walk, "origin/one", "cat /tmp/file; ls /tmp/late") == "new\n/tmp/late\n")
            let list = try await snapshot(walk, "list").output
            #expect(list.contains("third") && list.contains("second") && !list.contains("torn"), "\(list)")

            let refused = [
                ("remove first", "copy/one/1 stands on it"), ("remove second", "snapshot third stands on it"),
                ("remove third", "origin/one/1 stands on it"), ("remove fourth", "there is none"),
                ("create origin/one third", "there is one"), ("create origin/one ../x", "it is no name"),
                ("create nothing", "no such instance"),
            ]
            for (words, what) in refused {
                let result = try await snapshot(walk, words)
                #expect(result.code != 0 && result.output.contains(what), "\(words): \(result.output)")
            }
            for (name, what) in [("fourth", "it is not here"), ("../x", "name of a snapshot")] {
                let text =
                    "name: bad\nservices:\n  one: { image: \"busybox:walk\", x-martlet: { snapshot: \(name) } }\n"
                let result = try await walk.martlet("apply", with: [try walk.file(text)])
                #expect(result.code != 0 && result.output.contains(what), "\(result.output)")
            }
            try await walk.down("origin", "copy")
            for name in ["third", "second", "first"] {
                let result = try await snapshot(walk, "remove \(name)")
                #expect(result.code == 0, "\(result.output)")
            }
            #expect(try Shell.run("ls -A \(walk.folder)/state/snapshots") == "")
            try await walk.end(agent)
        }
    }

    @Test func `a snapshot and a clone of 1 GiB cost no copy`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(Self.file("sleep 1"))
            _ = try await inside(
                walk,
                "origin/one",
                "dd if=/dev/zero of=/tmp/big bs=1M count=1024 2>/dev/null"
            )
            let clock = ContinuousClock()
            var result = try await snapshot(walk, "create origin/one live")
            if result.code != 0 {
                #expect(
                    result.output.contains("cannot share what it holds")
                        && result.output.contains("--restart")
                )
                #expect(try await snapshot(walk, "list").output.contains("live") == false)
                #expect(try await walk.instances().first?.state == "running")
            }
            let restarted = try await clock.measure {
                result = try await snapshot(walk, "create origin/one sealed --restart")
            }
            try #require(result.code == 0, "\(result.output)")
            let cloned = try await clock.measure {
                let clone = try await walk.martlet(
                    "clone",
                    with: ["origin/one", "copy", "--snapshot", "sealed"]
                )
                try #require(clone.code == 0, "\(clone.output)")
            }
            #expect(try await inside(walk, "copy/one", "stat -c %s /tmp/big") == "1073741824\n")
            print("1 GiB: snapshot with restart \(restarted), clone \(cloned)")
            try await walk.down("origin", "copy")
            try await walk.end(agent)
        }
    }

    @Test(.enabled(if: access("/usr/sbin/mkfs.xfs", X_OK) == 0, "needs xfsprogs"))
    func `where the file system shares data a running container of 1 GiB is snapshotted`() async throws {
        try await withWalk { walk in
            let state = "\(walk.folder)/state"
            try Shell.run(
                "truncate -s 3G \(walk.folder)/disk && mkfs.xfs -q -m reflink=1 \(walk.folder)/disk && mkdir -p \(state) "
                    + "&& mount -o loop \(walk.folder)/disk \(state)"
            )
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(Self.file("sleep 1"))
            _ = try await inside(
                walk,
                "origin/one",
                "dd if=/dev/zero of=/tmp/big bs=1M count=1024 2>/dev/null"
            )
            let pid = try await walk.instances().first?.pid
            let clock = ContinuousClock()
            var result = (code: Int32(0), output: "")
            let took = try await clock.measure { result = try await snapshot(walk, "create origin/one live") }
            try #require(result.code == 0, "\(result.output)")
            print("1 GiB: snapshot of a running container by shared extents \(took)")
            // In place: the snapshot keeps what was there.
            let change = "echo new | dd of=/tmp/big conv=notrunc 2>/dev/null; head -c 3 /tmp/big"
            #expect(try await inside(walk, "origin/one", change) == "new")
            let clone = try await walk.martlet("clone", with: ["origin/one", "copy", "--snapshot", "live"])
            try #require(clone.code == 0, "\(clone.output)")
            let seen = try await inside(
                walk,
                "copy/one",
                "stat -c %s /tmp/big; head -c 3 /tmp/big | tr '\\0' 0"
            )
            #expect(seen == "1073741824\n000")
            #expect(try await walk.instances().first { $0.app == "origin" }?.pid == pid)
            try await walk.down("origin", "copy")
            try await walk.end(agent)
            // The keeper may be on its way out.
            try Shell.run(
                "for try in 1 2 3 4 5 6 7 8 9 10; do umount \(state) && exit 0; sleep 0.5; done; exit 1"
            )
        }
    }
}
