// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// A node file with a store in a folder.
    func storing(in store: String) throws -> String {
        try Shell.run("mkdir -p -m 755 \(store)")
        return try file(
            "format: 1\nnode: { name: n\(port) }\nstores: { files: { dir: \(store) } }\n",
            "node.yaml"
        )
    }

    /// A container that goes on writing to a volume in that store.
    static func writer(_ storage: String = "store: files, commit: 1s, lease: { ttl: 3s }") -> String {
        """
        name: shop
        services:
          a:
            image: "busybox:walk"
            command: [sh, -c, "while :; do date +%s.%N >>/data/log; sleep 0.1; done"]
            init: true
            stop_grace_period: 0s
            network_mode: none
            volumes: ["data:/data"]
        volumes: { data: { x-martlet: { \(storage) } } }

        """
    }

    /// What `martlet volume inspect` tells.
    func volume(_ name: String) async throws -> VolumeStatus {
        let result = try await martlet("volume", "inspect", with: [name])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode(VolumeStatus.self, from: Data(result.output.utf8))
    }

    /// Waits until a volume is as it should be.
    @discardableResult
    func volume(_ name: String, _ what: String, _ holds: (VolumeStatus) -> Bool) async throws -> VolumeStatus
    {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let volume = try await volume(name)
            if holds(volume) { return volume }
            try #require(ContinuousClock.now < deadline, "never \(what): \(volume)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension WalkTests {
    @Test func `a volume in a store is committed as it is used, and given back with its last container`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store"
            var agent = try await walk.agent(["--node", try walk.storing(in: store)])
            let wrong = try walk.file(Walk.writer("store: lake"))
            for verb in ["plan", "apply"] {
                let refused = try await walk.martlet(verb, with: [wrong])
                #expect(refused.code != 0)
                let what = "volumes.data.x-martlet.store: the node has no store 'lake'"
                #expect(
                    refused.output.contains(what) && refused.output.contains("use one of files"),
                    "\(refused)"
                )
            }

            try await walk.apply(Walk.writer())
            let held = try await walk.volume("shop/data", "committed") {
                $0.commits > 1 && $0.state == "held"
            }
            #expect(held.store == "files" && held.guarantee == "fenced" && held.holder == "n\(walk.port)")
            #expect(
                held.riskSeconds != nil && held.failures == 0 && held.pauseMilliseconds ?? 0 > 0,
                "\(held)"
            )
            let pid = try await walk.instances()[0].pid
            let committed = try await walk.martlet("volume", "commit", with: ["shop/data"])
            #expect(committed.code == 0 && Int(committed.output.dropLast()) ?? 0 > 1, "\(committed.output)")
            let listed = try await walk.martlet("volume", "ls", with: []).output
            #expect(listed.contains("shop/data") && listed.contains("held"), "\(listed)")

            // How it is kept may change; that is no reason to touch who uses it.
            let quiesce = "quiesce: { service: a, exec: [sh, -c, 'echo now >/data/quiet'] }"
            try await walk.apply(Walk.writer("store: files, commit: 2s, lease: { ttl: 4s }, \(quiesce)"))
            #expect(try await walk.instances()[0].pid == pid)
            let quiet = "\(walk.folder)/state/volumes/shop/data/data/quiet"
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while access(quiet, F_OK) < 0 {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }

            // The next agent goes on with the files that are here.
            agent.kill()
            agent = try await walk.agent(["--node", "\(walk.folder)/node.yaml"])
            let again = try await walk.volume("shop/data", "held again") { $0.commits > 0 }
            #expect(again.sequence ?? 0 > held.sequence ?? 0)
            #expect(try await walk.instances()[0].pid == pid)
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(!events.contains("restored") && events.contains("committed"), "\(events)")

            // Nobody uses it any more: all of it is in the store, and others may have it.
            try await walk.martlet("stop", with: ["shop"])
            let released = try await walk.volume("shop/data", "released") { $0.state == "released" }
            let none = try await walk.martlet("volume", "commit", with: ["shop/data"])
            #expect(none.output == "\(released.sequence ?? 0)\n", "\(none.output)")
            try await walk.martlet("start", with: ["shop"])
            try await walk.volume("shop/data", "held") { $0.state == "held" && $0.commits > again.commits }
            #expect(try await walk.volume("shop/data").reason == "")
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }

    @Test func `a store that does not answer stops nobody until too much depends on it`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store"
            let agent = try await walk.agent(["--node", try walk.storing(in: store)])
            let storage = "store: files, commit: 1s, lease: { ttl: 3s }, max_dirty: 1M, on_store_down: stop"
            try await walk.apply(Walk.writer(storage))
            try await walk.volume("shop/data", "committed") { $0.commits > 0 }
            try Shell.run("mv \(store) \(walk.folder)/away")
            let failing = try await walk.volume("shop/data", "failing") { $0.state == "failing" }
            #expect(!failing.reason.isEmpty && failing.riskBytes ?? 0 > 0, "\(failing)")
            let status = try await walk.martlet("status").output
            #expect(status.contains("degraded") && status.contains("data is not committed"), "\(status)")
            #expect(try await walk.instances()[0].state == "running")
            // Another app does not notice.
            let other = Walk.writer().replacing("name: shop", with: "name: other").replacing(
                "volumes: { data: { x-martlet: { store: files, commit: 1s, lease: { ttl: 3s } } } }",
                with: "volumes: { data: {} }"
            )
            try await walk.apply(other)

            try Shell.run("head -c 2000000 /dev/urandom >\(walk.folder)/state/volumes/shop/data/data/big")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            func shop() async throws -> InstanceStatus? {
                try await walk.instances().first { $0.app == "shop" }
            }
            while try await shop()?.pid != nil {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            try Shell.run("mv \(walk.folder)/away \(store)")
            while try await shop()?.pid == nil {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            try await walk.volume("shop/data", "held") {
                $0.state == "held" && $0.riskBytes ?? .max < 1 << 20
            }
            try await walk.down("shop", "other")
            try await walk.end(agent)
        }
    }

    @Test func `a holder that stood still and was overtaken stops what it runs, and says so`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store"
            let agent = try await walk.agent(["--node", try walk.storing(in: store)])
            try await walk.apply(Walk.writer())
            try await walk.volume("shop/data", "committed") { $0.commits > 0 }
            let keeper = try await walk.keeperPid()
            for pid in [agent.pid, keeper] { kill(pid, SIGSTOP) }
            // What fails meanwhile must not leave anybody stopped.
            defer { for pid in [agent.pid, keeper] { kill(pid, SIGCONT) } }

            try await withWalk { second in
                try await second.importBusybox()
                let other = try await second.agent(["--node", try second.storing(in: store)])
                try await second.apply(Walk.writer())
                let taken = try await second.volume("shop/data", "taken") { $0.commits > 0 }
                #expect(taken.state == "held" && taken.holder == "n\(second.port)", "\(taken)")
                let events = try await second.martlet("events", with: ["--no-follow", "--since", "1h"]).output
                #expect(events.contains("restored"), "\(events)")

                for pid in [agent.pid, keeper] { kill(pid, SIGCONT) }
                let fenced = try await walk.volume("shop/data", "fenced") {
                    $0.state == "fenced" && $0.reason.contains("branch")
                }
                #expect(fenced.reason.contains("n\(second.port) writes it now"), "\(fenced)")
                #expect(fenced.reason.hasSuffix("in branch shop/data@lost-1"), "\(fenced)")
                #expect(try Shell.run("ls \(store)/v/shop/data@lost-1/c").hasPrefix("0000000000000001"))
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await walk.instances().contains(where: { $0.pid != nil }) {
                    try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
                let status = try await walk.martlet("status").output
                #expect(status.contains("fenced"), "\(status)")
                // Whoever wants it back has to wait until the other one is gone.
                let refused = try await walk.martlet("start", with: ["shop"])
                #expect(refused.code != 0 && refused.output.contains("writes it"), "\(refused)")
                try await second.down("shop")
                try await second.end(other)
            }
            // It goes on from what the other one has left; its own files are beside them.
            try await walk.martlet("start", with: ["shop"])
            try await walk.volume("shop/data", "held") { $0.state == "held" }
            #expect(try Shell.run("ls -A \(walk.folder)/state/volumes/shop").contains(".data."))
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }
}

extension Walk {
    /// The keeper's pid, as the agent tells it.
    func keeperPid() async throws -> Int32 {
        let result = try await martlet("status", with: ["--json"])
        return try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8)).keeper
    }
}
