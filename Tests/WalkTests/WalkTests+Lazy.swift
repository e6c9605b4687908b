// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension Walk {
    /// A service that answers with what is in its volume, and reads all of it when it is told to.
    fileprivate func readingExample(_ restore: String) -> String {
        """
        name: shop
        services:
          web:
            image: "busybox:walk"
            command: [sh, /files/run]
            init: true
            stop_grace_period: 0s
            ports: ["127.0.0.1:\(port):8080"]
            volumes: ["files:/files"]
        volumes: { files: { x-martlet: { store: files, commit: 1h, lease: { ttl: 3s }, restore: \(restore) } } }

        """
    }

    /// What that runs.
    fileprivate static let program = """
        httpd -p 8080 -h /files
        while [ ! -e /files/go ]; do sleep 0.1; done
        for file in /files/many/*; do
            cat "$file" >/dev/null 2>>/files/errors && echo "$file" >>/files/read || echo "$file" >>/files/errors
        done
        echo done >>/files/read
        while :; do sleep 1000; done

        """

    /// The packs of the store that are full of files' chunks, open for writing: they cannot be read meanwhile.
    fileprivate func holdFullPacks(of store: String) throws -> [Descriptor] {
        try Shell.run("find \(store)/p -type f -size +8192k").split(separator: "\n").map {
            try Descriptor.open(String($0), O_RDWR)
        }
    }

    /// What a container's first id is in a volume whose files come while they are read.
    fileprivate func firstID(in folder: String) throws -> UInt32 {
        struct Mark: Codable { var place: UInt32 }
        let bytes = try Descriptor.open("\(folder)/stored.json", O_RDONLY).readAll(limit: 65_536)
        return 0x7000_0000 + (try JSONDecoder().decode(Mark.self, from: Data(bytes))).place * 65_536
    }

    /// Who serves volumes of this walk: each has a folder of it open.
    fileprivate func lazyProcesses() throws -> [Int32] {
        let script =
            "for pid in $(pgrep -x martlet-lazy); do ls -l /proc/$pid/fd | grep -q \(folder)/ && echo $pid; done; true"
        return try Shell.run(script).split(separator: "\n").compactMap { Int32($0) }
    }

    /// Everything that runs ends, and nothing is left but the store.
    fileprivate func lose() async throws {
        try wipe()
        try Shell.run("rm -rf \(folder)/state \(folder)/run")
        let imported = try await martlet("image", "import", with: ["\(folder)/layout"])
        try #require(imported.code == 0, "\(imported.output)")
    }

    /// How many lines a file has.
    fileprivate func lineCount(_ path: String) throws -> Int {
        Int(try Shell.run("cat \(path) 2>/dev/null | wc -l").dropLast()) ?? 0
    }

    fileprivate func wait(_ what: String, _ holds: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while try !holds() {
            try #require(ContinuousClock.now < deadline, "never \(what)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension WalkTests {
    @Test func `a volume whose files are not all here is no empty one where its store is named no more`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent(["--node", try walk.storing(in: "\(walk.folder)/store")])
            let volume = "\(walk.folder)/state/volumes/shop/data"
            let mark = "{\"store\":\"files\",\"owner\":[1],\"sequence\":3,\"served\":2,\"isSettled\":true}"
            try Shell.run("mkdir -p -m 755 \(volume)/data; echo '\(mark)' >\(volume)/stored.json")
            let plain = Walk.writer().replacing(
                " { x-martlet: { store: files, commit: 1s, lease: { ttl: 3s } } }",
                with: " {}"
            )
            _ = try await walk.martlet("apply", with: [walk.file(plain)])
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while true {
                let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
                if events.contains("name that store again, with 'restore: eager'") { break }
                try #require(ContinuousClock.now < deadline, "\(events)")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try Shell.run("ls -A \(volume)/data") == "")
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }

    @Test
    func `a service starts before its files are here, and none is missing when who brings them is killed`()
        async throws
    {
        try await withWalk { walk in
            let store = "\(walk.folder)/store", volume = "\(walk.folder)/state/volumes/shop/files"
            try await walk.importBusybox()
            let node = try walk.storing(in: store)
            var agent = try await walk.agent(["--node", node])
            let local = "\(volume)/data"
            try Shell.run("mkdir -p -m 755 \(local)")
            // Packs of their own have most of it, and others the names and what comes after.
            try walk.makeFiles(300, in: "\(local)/kinds")
            try Shell.run(
                """
                cd \(local) && mkdir many && python3 -c '
                import random
                random.seed(3)
                for n in range(1000): open("many/%d" % n, "wb").write(random.randbytes(30000))'
                """
            )
            try Shell.run("cat >\(local)/run <<'END'\n\(Walk.program)END\n")
            try await walk.apply(walk.readingExample("lazy"))
            try await walk.martlet("volume", "sync", with: ["shop"])
            try Shell.run("echo 'it is here' >\(local)/index.html; chmod -R a+rX \(local)/index.html")
            let synced = try await walk.martlet("volume", "sync", with: ["shop"])
            #expect(synced.code == 0, "\(synced.output)")
            let before = try walk.fingerprint(local)

            // A new node answers while what it was not asked for cannot be had.
            try await walk.lose()
            var held = try walk.holdFullPacks(of: store)
            #expect(held.count > 1)
            agent = try await walk.agent(["--node", node])
            try await walk.apply(walk.readingExample("lazy"))
            #expect(try walk.page("index.html").hasSuffix("it is here\n"))
            let begun = try await walk.volume("shop/files")
            let total = try #require(begun.served?.totalBytes)
            #expect(begun.served?.localBytes ?? total < total / 2, "\(begun)")
            #expect(total > 30_000_000, "\(begun)")

            // A thousand cold reads, and all who could answer them are killed in the midst of them.
            try Shell.run("touch \(local)/go")
            try await walk.volume("shop/files", "waited for") { $0.served?.waiting ?? 0 > 0 }
            let pid = try await walk.instances()[0].pid
            agent.kill()
            let served = try walk.lazyProcesses()
            #expect(served.count == 1)
            for pid in served { kill(pid, SIGKILL) }
            agent = try await walk.agent(["--node", node])
            try await walk.volume("shop/files", "served again") { $0.served?.waiting ?? 0 > 0 }
            agent.kill()
            held = []
            try await walk.wait("read") { try walk.lineCount("\(local)/read") == 1_001 }
            #expect(try walk.lineCount("\(local)/errors") == 0)
            agent = try await walk.agent(["--node", node])
            let whole = try await walk.volume("shop/files", "whole") {
                $0.state == "held" && $0.served.map { $0.localBytes == $0.totalBytes } == true
            }
            #expect(whole.served?.totalBytes == total)
            #expect(try await walk.instances()[0].pid == pid)
            let first = try walk.firstID(in: volume)
            try Shell.run("rm -f \(local)/go \(local)/read \(local)/errors")
            let after = try walk.fingerprint(local, first: first)
            // But for the times of the directory itself, in which files were made.
            #expect(after.split(separator: "\n").dropFirst() == before.split(separator: "\n").dropFirst())

            // What is written, removed and made again on it is in the next version, for a node that restores before.
            let changed = try await walk.martlet(
                "exec",
                with: [
                    "shop/web", "--", "sh", "-c",
                    """
                    set -e; cd /files; echo more >>many/1; rm many/2; rm -r many; mkdir many; echo new >many/3
                    mv kinds/1/n1 moved; ln many/3 linked; chmod 600 run; mkfifo kinds/pipe; rm -r kinds/2
                    echo file >kinds/2; rm -r kinds/3; mkdir kinds/3
                    """,
                ]
            )
            #expect(changed.code == 0, "\(changed.output)")
            let told = try walk.fingerprint(local, first: first, links: false)
            // The last commit, and nothing is left of all who served it: no mount, no process.
            try await walk.martlet("stop", with: ["shop"])
            try await walk.volume("shop/files", "released") { $0.state == "released" && $0.served == nil }
            let left = try Shell.run("grep -c \(walk.folder)/state/volumes /proc/self/mountinfo || true")
            #expect(left == "0\n")
            #expect(try walk.lazyProcesses().isEmpty)
            // Once more on the same node, on the plain directory of what came.
            try await walk.martlet("start", with: ["shop"])
            #expect(try walk.page("index.html").hasSuffix("it is here\n"))
            #expect(try await walk.volume("shop/files").served == nil)
            #expect(try walk.fingerprint(local, first: first, links: false) == told)
            try await walk.down("shop")
            try await walk.end(agent)

            try await walk.lose()
            agent = try await walk.agent(["--node", node])
            try await walk.apply(walk.readingExample("eager"))
            #expect(try walk.page("index.html").hasSuffix("it is here\n"))
            #expect(try walk.fingerprint(local, links: false) == told)
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }
}
