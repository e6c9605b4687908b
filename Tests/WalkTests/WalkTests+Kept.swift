// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

// What was seen or asked for once holds for the agents and the rollouts that come after.

extension WalkTests {
    private static func file(_ walk: Walk, _ level: Int = 1, order: String = "stop-first") -> String {
        kept(
            walk,
            test: "test -e /a/well",
            level: level,
            order: order,
            more: """
                  once:
                    image: busybox:walk
                    init: true
                    command: [sh, -c, "echo ran; until [ -e /a/go ]; do usleep 20000; done"]
                    restart: on-failure
                    volumes: ["\(walk.folder)/control/a:/a:ro"]
                """
        )
    }

    @Test func `how a container ended is known to the agent after the one that found out`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -p -m 755 \(walk.folder)/control/a; touch \(walk.folder)/control/a/well")
            var agent = try await walk.agent()
            try await walk.apply(Self.file(walk))
            let pid = try #require(try await walk.pids().first { $0.key.hasPrefix("kept-once") }?.value)
            agent.kill()
            try Shell.run("touch \(walk.folder)/control/a/go")
            try await Self.wait(agent, "the end") { kill(pid, 0) != 0 }
            for _ in 0..<2 {
                agent = try await walk.agent()
                try await Self.wait(agent, "converged") {
                    try await walk.martlet("status").output.contains("converged")
                }
                let once = try await walk.instances().first { $0.service == "once" }
                #expect(once?.exitStatus == 0, "\(agent.shown)")
                agent.kill()
            }
            agent = try await walk.agent()
            #expect(try await walk.lines("kept/once") == ["ran"])
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    @Test(arguments: ["stop-first", "start-first"])
    func `what is stopped while a rollout is under way stays so`(order: String) async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let well = "\(walk.folder)/control/a/well"
            try Shell.run("mkdir -p -m 755 \(walk.folder)/control/a; touch \(well)")
            let agent = try await walk.agent()
            try await walk.apply(Self.file(walk, order: order))
            try Shell.run("rm \(well)")
            let next = try walk.file(Self.file(walk, 2, order: order), "next.yaml")
            #expect(try await walk.martlet("apply", with: [next]).code == 0)
            try await walk.instance("a", until: "is made anew") {
                $0.generation == 2 && $0.state == "running"
            }
            #expect(try await walk.martlet("stop", "kept/c").code == 0)
            try Shell.run("touch \(well)")
            try await Self.wait(agent, "converged") {
                try await walk.martlet("status").output.contains("converged")
            }
            let all = try await walk.instances().filter { $0.service == "c" }
            #expect(all.count == 1 && all[0].generation == 2 && all[0].pid == nil, "\(all) \(agent.shown)")
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    @Test func `what waits for a service to be healthy does so after a crash of both`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let well = "\(walk.folder)/control/a/well"
            try Shell.run("mkdir -p -m 755 \(walk.folder)/control/a; touch \(well)")
            let agent = try await walk.agent()
            try await walk.apply(Self.file(walk))
            try Shell.run("rm \(well)")
            for pid in try await walk.pids().values { kill(pid, SIGKILL) }
            try await walk.instance("a", until: "runs again") { $0.restarts == 1 && $0.state == "running" }
            try await Task.sleep(for: .seconds(2))
            try await walk.instance("c", until: "waits") { $0.restarts == 0 && $0.state != "running" }
            try Shell.run("touch \(well)")
            try await walk.instance("c", until: "runs again") { $0.restarts == 1 && $0.state == "running" }
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    @Test func `attempts that a long life forgave are not counted by the next agent`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let policy = "{ condition: on-failure, max_attempts: 2, window: 1s, delay: 0s }"
            let service =
                "{ image: \"busybox:walk\", command: [sleep, \"100000\"], deploy: { restart_policy: \(policy) } }"
            try await walk.apply("name: long\nservices: { one: \(service) }")
            for restarts in 1...2 {
                try await Task.sleep(for: .milliseconds(1_100))
                for pid in try await walk.pids().values { kill(pid, SIGKILL) }
                try await walk.instance("one", until: "runs") {
                    $0.restarts == restarts && $0.state == "running"
                }
            }
            agent.kill()
            for pid in try await walk.pids().values { kill(pid, SIGKILL) }
            agent = try await walk.agent()
            try await walk.instance("one", until: "runs") { $0.state == "running" }
            try await walk.down("long")
            try await walk.end(agent)
        }
    }
}
