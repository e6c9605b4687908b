// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

// An app that has arrived is kept up: what fails keeps nothing else from running.

extension WalkTests {
    /// `a` is ready as `test` says, `b` depends on nothing, and `c` on `a`.
    static func kept(
        _ walk: Walk,
        test: String = "true",
        level: Int = 1,
        order: String = "stop-first",
        more: String = ""
    ) -> String {
        """
        name: kept
        services:
          a:
            image: busybox:walk
            init: true
            command: [sleep, "100000"]
            restart: always
            environment: { LEVEL: "\(level)" }
            volumes:
              - { type: bind, source: "\(walk.folder)/control/a", target: /a, bind: { create_host_path: false } }
            healthcheck: { test: [CMD-SHELL, "\(test)"], interval: 300ms, timeout: 20s, retries: 1000 }
          b: { image: "busybox:walk", init: true, command: [sleep, "100000"], restart: always }
          c:
            image: busybox:walk
            init: true
            command: [sleep, "100000"]
            restart: always
            environment: { LEVEL: "\(level)" }
            depends_on: { a: { condition: service_healthy } }
            deploy: { update_config: { order: \(order) } }
        \(more)
        """
    }

    @Test func `what cannot start after a reboot keeps nothing else down, and is started once it can`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control \(walk.folder)/control/a")
            var agent = try await walk.agent()
            try await walk.apply(Self.kept(walk))
            agent.kill()
            for pid in try await walk.pids().values { kill(pid, SIGKILL) }
            try Shell.run("cd \(walk.folder); mv control away; touch control")
            agent = try await walk.agent()
            try await walk.instance("b", until: "runs") { $0.state == "running" }
            try await Self.wait(agent, "failed") {
                try await walk.martlet("status").output.contains("control/a")
            }
            let states = try await walk.instances().map { "\($0.service) \($0.state)" }
            #expect(states.contains("a created") && !states.contains("c running"), "\(states)")
            try Shell.run("cd \(walk.folder); rm control; mv away control")
            try await walk.instance("c", until: "runs") { $0.state == "running" }
            try await Self.wait(agent, "converged") {
                try await walk.martlet("status").output.contains("converged")
            }
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    @Test func `an app without a way back has a deadline, and its jobs go on`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control \(walk.folder)/control/a")
            var agent = try await walk.agent()
            let more = """
                x-jobs: { hello: { image: "busybox:walk", schedule: "0 0 29 2 *", command: [echo, hello] } }
                """
            let text = Self.kept(walk, test: "test -e /a/well", more: more)
            let short = "x-martlet: { rollout: { deadline: 2s, monitor: 0s } }"
            let late = try walk.file(text.replacing("name: kept", with: "name: late\n\(short)"), "late.yaml")
            let end = try await walk.martlet("apply", with: ["--wait", late])
            #expect(end.code == 1 && end.output.contains("did not become"), "\(end.output)")

            // Nobody is sent to what is not ready; the rest, and its jobs, have nothing to do with that.
            try Shell.run("touch \(walk.folder)/control/a/well")
            try await walk.apply(text)
            try Shell.run("rm \(walk.folder)/control/a/well")
            agent.kill()
            agent = try await walk.agent()
            try await Self.wait(agent, "a run") {
                try await walk.martlet("jobs", "run", "kept", "hello").code == 0
            }
            try await Self.wait(agent, "its end") {
                let isOver = try await walk.runs("kept", "hello").first?.result == "succeeded"
                let isGone = try await walk.instances().allSatisfy { $0.service != "hello" }
                return isOver && isGone
            }
            #expect(try await walk.martlet("status").output.contains("converging"))
            try await walk.down("kept", "late")
            try await walk.end(agent)
        }
    }

    @Test func `what never ran is tried until it does after a reboot, and each trouble is told once`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("touch \(walk.folder)/control")
            var agent = try await walk.agent()
            let first = try await walk.martlet("apply", with: ["--wait", try walk.file(Self.kept(walk))])
            #expect(first.code == 1 && first.output.contains("control/a"), "\(first.output)")
            #expect(try await walk.pids().isEmpty)
            // While the agent runs it is not tried again by itself.
            #expect(try await walk.martlet("history", with: ["--json", "kept"]).output.contains("failed"))
            agent.kill()
            agent = try await walk.agent()
            try await walk.instance("b", until: "runs") { $0.state == "running" }
            try await Self.wait(agent, "two tries") {
                try await Self.events(walk, "step").count { $0.reason.hasPrefix("start kept/a/1") } >= 3
            }
            let status = try await walk.martlet("status").output
            #expect(status.contains("control/a"), "\(status)")
            let told = try await Self.events(walk, "failed").filter { $0.app == "kept" }
            #expect(told.count { $0.reason.contains("the others are started") } == 2, "\(told)")
            try Shell.run("cd \(walk.folder); rm control; mkdir -m 755 control control/a")
            try await walk.instance("c", until: "runs") { $0.state == "running" }
            try await Self.wait(agent, "converged") {
                try await walk.martlet("status").output.contains("converged")
            }
            #expect(try await walk.martlet("history", with: ["--json", "kept"]).output.contains("current"))
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    @Test func `a restart starts all that can be, and the rest once it can`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control \(walk.folder)/control/a")
            let agent = try await walk.agent()
            try await walk.apply(Self.kept(walk))
            try Shell.run("cd \(walk.folder); mv control away; touch control")
            let restart = try await walk.martlet("restart", "kept")
            #expect(restart.code != 0 && restart.output.contains("control/a"), "\(restart.output)")
            let running = try await walk.instances().filter { $0.state == "running" }.map(\.service)
            #expect(running.sorted() == ["b", "c"])
            try Shell.run("cd \(walk.folder); rm control; mv away control")
            try await walk.instance("a", until: "runs") { $0.state == "running" }
            try await walk.down("kept")
            try await walk.end(agent)
        }
    }

    static func wait(
        _ agent: ForegroundRun,
        _ what: String,
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, "\(what): \(agent.shown)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
