// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// Two that write to a volume: one opens its file each time, the other one keeps it open.
    fileprivate static let writers = """
        name: shop
        services:
          brief:
            image: "busybox:walk"
            command: [sh, -c, "while :; do date >>/data/log; sleep 0.1; done"]
            init: true
            stop_grace_period: 0s
            network_mode: none
            volumes: ["data:/data"]
          reader:
            image: "busybox:walk"
            command: [sleep, "100000"]
            init: true
            stop_grace_period: 0s
            network_mode: none
            volumes: ["data:/data:ro"]
          steady:
            image: "busybox:walk"
            command: [sh, -c, "exec sleep 100000 >>/data/open"]
            init: true
            stop_grace_period: 0s
            network_mode: none
            volumes: ["data:/data"]
        volumes:
          data:
            x-martlet: { store: files, commit: 1s, lease: { ttl: 3s }, max_dirty: 1M, on_store_down: readonly }

        """

    fileprivate func pid(_ service: String) async throws -> Int32? {
        try await instances().first { $0.service == service }?.pid
    }

    fileprivate func until(_ what: String, _ holds: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while try await !holds() {
            try #require(ContinuousClock.now < deadline, "never \(what)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What writing to the volume comes to in a container.
    fileprivate func touch(_ service: String) async throws -> String {
        try await martlet("exec", with: ["shop/\(service)", "--", "sh", "-c", "touch /data/more 2>&1; true"])
            .output
    }
}

extension WalkTests {
    @Test func `a volume whose store lacks too much is read-only until it has all of it`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let store = "\(walk.folder)/store", volume = "shop/data"
            var agent = try await walk.agent(["--node", try walk.storing(in: store)])
            try await walk.apply(Walk.writers)
            try await walk.volume(volume, "committed") { $0.commits > 0 }
            let brief = try await walk.pid("brief"), steady = try await walk.pid("steady")
            try Shell.run("mv \(store) \(walk.folder)/away")
            try await walk.volume(volume, "failing") { $0.state == "failing" }
            #expect(try await walk.touch("brief") == "")
            try Shell.run("head -c 2000000 /dev/urandom >\(walk.folder)/state/volumes/shop/data/data/big")

            let limited = try await walk.volume(volume, "read-only") {
                $0.reason.hasSuffix("read-only until then")
            }
            #expect(limited.state == "failing", "\(limited)")
            try await walk.until("stopped") { try await walk.pid("steady") == nil }
            #expect(try await walk.touch("brief").contains("Read-only file system"))
            #expect(try await walk.pid("brief") == brief)

            // The next agent, who has not heard of it, lets them write all the same.
            agent.kill()
            agent = try await walk.agent(["--node", "\(walk.folder)/node.yaml"])
            #expect(try await walk.touch("brief").contains("Read-only file system"))
            try Shell.run("mv \(walk.folder)/away \(store)")
            try await walk.volume(volume, "held") { $0.state == "held" && $0.commits > 0 }
            try await walk.until("written again") { try await walk.touch("brief") == "" }
            #expect(try await walk.touch("reader").contains("Read-only file system"))
            #expect(try await walk.pid("brief") == brief)
            #expect(try await walk.pid("reader") != nil)

            // Without another agent in between.
            try await walk.martlet("start", with: ["shop/steady"])
            try await walk.until("started") { try await walk.pid("steady") != nil }
            #expect(try await walk.pid("steady") != steady)
            try Shell.run(
                "mv \(store) \(walk.folder)/away; rm \(walk.folder)/state/volumes/shop/data/data/big"
            )
            try Shell.run("head -c 3000000 /dev/urandom >\(walk.folder)/state/volumes/shop/data/data/big")
            try await walk.until("read-only again") {
                try await walk.touch("brief").contains("Read-only file system")
            }
            try await walk.until("stopped again") { try await walk.pid("steady") == nil }
            try Shell.run("mv \(walk.folder)/away \(store)")
            try await walk.until("written once more") { try await walk.touch("brief") == "" }
            try await walk.until("started again") { try await walk.pid("steady") != nil }
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }
}
