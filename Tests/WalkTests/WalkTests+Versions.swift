// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// Where a volume's files are on the node.
    func files(_ volume: String) -> String { "\(folder)/state/volumes/\(volume)/data" }

    /// Does something with a volume, which succeeds.
    @discardableResult
    func volumeVerb(_ verb: String, _ words: String...) async throws -> String {
        let result = try await martlet("volume", verb, with: words)
        try #require(result.code == 0, "volume \(verb) \(words): \(result.output)")
        return result.output
    }

    /// What `martlet volume snapshots` tells.
    func versions(_ name: String) async throws -> [VolumeVersion] {
        let text = try await volumeVerb("snapshots", name, "--json")
        return try JSONDecoder().decode([VolumeVersion].self, from: Data(text.utf8))
    }
}

extension WalkTests {
    @Test func `a volume goes back, is cloned, checked, swept and removed by hand`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store"
            let agent = try await walk.agent(["--node", try walk.storing(in: store)])
            try await walk.apply(Walk.writer())
            try await walk.volume("shop/data", "committed") { $0.commits > 0 && $0.state == "held" }
            let mark = "\(walk.files("shop/data"))/mark"
            try Shell.run("echo one >\(mark)")
            try await walk.volumeVerb("commit", "shop/data", "--label", "before")
            try Shell.run("echo two >\(mark)")
            let two = try await walk.volumeVerb("commit", "shop/data").dropLast()
            let listed = try await walk.versions("shop/data")
            #expect(listed.map(\.version) == listed.map(\.version).sorted(by: >))
            let labelled = try #require(listed.first { $0.labels == ["before"] })
            #expect(labelled.node == "n\(walk.port)" && labelled.entries > 1 && labelled.bytes > 0)
            #expect(labelled.branch == nil && !labelled.isGivenUp)

            // What uses it is not stopped unasked.
            let refused = try await walk.martlet(
                "volume",
                "restore",
                with: ["shop/data", "--label", "before"]
            )
            #expect(refused.code == 1 && refused.output.contains("give --stop-services"), "\(refused)")
            #expect(try Shell.run("cat \(mark)") == "two\n")
            let none = try await walk.martlet("volume", "restore", with: ["shop/data", "--version", "99999"])
            #expect(none.code == 1 && none.output.contains("it has no version 99999"), "\(none)")
            let pid = try await walk.instances()[0].pid
            let back = try await walk.volumeVerb(
                "restore",
                "shop/data",
                "--label",
                "before",
                "--stop-services"
            )
            #expect(Int(back.dropLast()) ?? 0 > Int(two) ?? .max, "\(back)")
            #expect(try Shell.run("cat \(mark)") == "one\n")
            let again = try await walk.instances()[0]
            #expect(again.state == "running" && again.pid != pid)
            // Nothing is lost by it.
            try await walk.volumeVerb("restore", "shop/data", "--version", String(two), "--stop-services")
            #expect(try Shell.run("cat \(mark)") == "two\n")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("has the files of version \(two)"), "\(events)")

            // Another app begins with what this one had.
            try await walk.volumeVerb("clone", "shop/data", "other/data", "--label", "before")
            let twice = try await walk.martlet("volume", "clone", with: ["shop/data", "other/data"])
            #expect(twice.code == 1 && twice.output.contains("choose another"), "\(twice)")
            try await walk.apply(Walk.writer().replacing("name: shop", with: "name: other"))
            try await walk.volume("other/data", "held") { $0.state == "held" }
            #expect(try Shell.run("cat \(walk.files("other/data"))/mark") == "one\n")

            #expect(try await walk.volumeVerb("verify", "shop/data").contains("nothing is damaged"))
            let sweeps = try await walk.volumeVerb("gc", "--json")
            let swept = try JSONDecoder().decode([SweepStatus].self, from: Data(sweeps.utf8))
            #expect(swept.map(\.store) == ["files"] && swept[0].sweeps == 1 && swept[0].packs == 0)

            let unsure = try await walk.martlet("volume", "rm", with: ["other/data"])
            #expect(unsure.code == 2 && unsure.output.contains("--yes"), "\(unsure)")
            let used = try await walk.martlet("volume", "rm", with: ["other/data", "--yes"])
            #expect(used.code == 1 && used.output.contains("other/a/1 mounts it"), "\(used)")
            try await walk.volumeVerb("rm", "shop/data", "--label", "before")
            #expect(try await !walk.versions("shop/data").contains { !$0.labels.isEmpty })
            try await walk.down("other")
            try await walk.volumeVerb("rm", "other/data", "--yes")
            #expect(try await !walk.volumeVerb("ls").contains("other/data"))
            #expect(access(walk.files("other/data"), F_OK) < 0)
            let gone = try await walk.martlet(
                "volume",
                "snapshots",
                with: ["other/data", "--store", "files"]
            )
            #expect(gone.code == 0 && !gone.output.contains("n\(walk.port)"), "\(gone)")

            // A pack that is not what it was is told, and the files that it is of.
            try await walk.martlet("stop", with: ["shop"])
            try await walk.volume("shop/data", "released") { $0.state == "released" }
            let script = """
                for pack in $(find \(store)/p -type f); do
                    printf 'x' | dd of=$pack bs=1 seek=0 conv=notrunc status=none
                done
                """
            try Shell.run(script)
            let damaged = try await walk.martlet("volume", "verify", with: ["shop/data"])
            #expect(damaged.code == 1 && damaged.output.contains("are damaged"), "\(damaged)")
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }

    @Test func `an app goes down while its store is away, and its volume is committed by the next start`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store"
            var agent = try await walk.agent(["--node", try walk.storing(in: store)])
            try await walk.apply(Walk.writer())
            let committed = try await walk.volume("shop/data", "committed") { $0.commits > 0 }
            #expect(committed.guarantee == "fenced")
            try Shell.run("mv \(store) \(walk.folder)/away")
            try await walk.volume("shop/data", "failing") { $0.state == "failing" }
            try Shell.run("echo last >\(walk.files("shop/data"))/mark")
            try await walk.down("shop")
            let left = try await walk.volume("shop/data")
            #expect(left.state == "left" && left.store == "files", "\(left)")
            #expect(left.reason.contains("the next start commits it, or makes it a branch"), "\(left)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("is on this node alone"), "\(events)")
            // It is known to the next agent as well.
            agent.kill()
            agent = try await walk.agent(["--node", "\(walk.folder)/node.yaml"])
            #expect(try await walk.volume("shop/data").state == "left")
            try Shell.run("mv \(walk.folder)/away \(store)")
            try await walk.apply(
                Walk.writer("store: files, commit: 1s, lease: { ttl: 3s }, on_remove: delete")
            )
            let held = try await walk.volume("shop/data", "committed") {
                $0.commits > 0 && $0.state == "held"
            }
            #expect(held.sequence ?? 0 > committed.sequence ?? .max)
            #expect(try Shell.run("cat \(walk.files("shop/data"))/mark") == "last\n")
            // With its app it goes, for the file says so now.
            try await walk.down("shop")
            #expect(try await !walk.volumeVerb("ls").contains("shop/data"))
            #expect(access(walk.files("shop/data"), F_OK) < 0)
            try await walk.end(agent)
        }
    }
}
