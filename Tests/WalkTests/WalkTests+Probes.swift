// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// Waits until what `ps --json` tells of a service's only container meets a condition.
    @discardableResult
    func instance(
        _ service: String,
        until what: String,
        _ condition: (InstanceStatus) -> Bool
    ) async throws -> InstanceStatus {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let found = try await instances().first { $0.service == service }
            if let found, condition(found) { return found }
            try #require(ContinuousClock.now < deadline, "\(what): \(String(describing: found))")
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension InstanceStatus {
    fileprivate func check(_ name: String) -> CheckStatus? { checks.first { $0.name == name } }
}

extension WalkTests {
    /// A web server with nothing else in its image, whose pages are files of the host, and one that asks for it.
    private static func probed(_ walk: Walk, _ more: String, restart: String = "always") -> String {
        """
        name: probed
        services:
          web:
            image: busybox:walk
            command: [/httpd, -f, -p, "80", -h, /control]
            init: true
            restart: \(restart)
            ports: ["127.0.0.1:\(walk.port):80"]
            volumes: ["\(walk.folder)/control:/control:ro"]
            \(more)
        """
    }

    /// An image with one program, which is its web server by its name.
    private static let scratch = "mv layer/bin/busybox layer/httpd; rm -rf layer/bin layer/tmp layer/www"

    private func listens(_ walk: Walk) -> Bool { (try? LoopbackServer.connect(to: walk.port)) != nil }

    @Test func `readiness decides ports and rollouts, from inside an image with nothing but its program`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Self.scratch)
            try Shell.run("mkdir -m 755 \(walk.folder)/control; echo up >\(walk.folder)/control/page")
            let agent = try await walk.agent()
            let probes = """
                x-martlet: { probes: {
                    startup: { tcp: { port: 80 }, every: 100ms, fail_after: 1000 },
                    readiness: { http: { port: 80, path: /ready, status: "200" }, every: 100ms, fail_after: 2, timeout: 20s } } }
                """
            let file = try walk.file(Self.probed(walk, probes))
            #expect(try await walk.martlet("apply", with: [file]).code == 0)
            let waiting = try await walk.instance("web", until: "is asked") {
                $0.check("readiness")?.reason == "the server answered 404"
            }
            #expect(waiting.health == "starting" && waiting.check("startup")?.state == "healthy")
            #expect(waiting.check("readiness")?.state == "starting" && !listens(walk))
            try Shell.run("touch \(walk.folder)/control/ready")
            let ready = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            #expect(try walk.page("page") == "up\n")
            #expect(try await walk.martlet("apply", with: ["--wait", file]).code == 0)

            // Not ready any more: no port, and no restart.
            try Shell.run("rm \(walk.folder)/control/ready")
            let unready = try await walk.instance("web", until: "is not ready") { $0.health == "unhealthy" }
            #expect(unready.reason == "readiness: the server answered 404" && unready.pid == ready.pid)
            #expect(unready.check("readiness")?.asks == "http :80/ready")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while listens(walk) { try #require(ContinuousClock.now < deadline) }
            let status = try await walk.martlet("status")
            #expect(
                status.output.contains("probed/web/1 is unhealthy: readiness: the server answered 404"),
                "\(status.output)"
            )

            // Another question holds at once, and restarts nothing.
            try await walk.apply(Self.probed(walk, probes.replacing("/ready", with: "/page")))
            let changed = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            #expect(changed.pid == ready.pid && changed.restarts == 0 && changed.generation == 2)
            #expect(try walk.page("page") == "up\n")
            // One that fails goes back.
            let bad = probes.replacing("/ready", with: "/none")
            let text = Self.probed(walk, bad).replacing(
                "services:",
                with: "x-martlet: { rollout: { deadline: 2s } }\nservices:"
            )
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(text, "bad.yaml")])
            #expect(failed.code == 1 && failed.output.contains("generation 2 runs again"), "\(failed.output)")
            let back = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            #expect(back.pid == ready.pid)
            try await walk.down("probed")
            try await walk.end(agent)
        }
    }

    @Test func `what does not live, or is unhealthy, is started again, and degraded when that is too often`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control; echo up >\(walk.folder)/control/page")
            var agent = try await walk.agent()
            let web = { (more: String) in
                Self.probed(walk, more).replacing("/httpd,", with: "httpd,")
            }
            let liveness = """
                deploy: { restart_policy: { condition: any, delay: 0s } }
                    x-martlet: { flap: { restarts: 2, within: 15s }, probes: { liveness:
                    { http: { port: 80, path: /page }, every: 100ms, fail_after: 2, timeout: 20s } } }
                """
            try await walk.apply(web(liveness))
            let first = try await walk.instance("web", until: "lives") { $0.health == "healthy" }
            try Shell.run("rm \(walk.folder)/control/page")
            let again = try await walk.instance("web", until: "is started again") { $0.restarts == 1 }
            #expect(again.pid != first.pid && again.reason == "liveness: the server answered 404")
            // The third within the time is one too many.
            try await agent.wait(for: "was started again 2 times within 15.0 seconds")
            let flapping = try await walk.instance("web", until: "flaps") {
                $0.reason == "flapping: liveness: the server answered 404"
            }
            #expect(flapping.state == "restarting" && flapping.restarts == 2)
            let status = try await walk.martlet("status")
            #expect(status.output.contains("probed/web/1 is flapping"), "\(status.output)")
            #expect(try await Self.events(walk, "degraded").count == 1)
            // A person need not wait, and it is left alone once it has been well.
            try Shell.run("echo up >\(walk.folder)/control/page")
            #expect(try await walk.martlet("start", with: ["probed"]).code == 0)
            try await agent.wait(for: "has been well for 15.0 seconds")
            let well = try await walk.instance("web", until: "is well") { $0.health == "healthy" }
            #expect(well.reason == nil)

            // A health check, changed alone, holds at once; an agent that is killed starts nothing again.
            let check =
                "healthcheck: { test: [CMD, test, -e, /control/good], interval: 100ms, timeout: 20s, retries: 2 }"
            try Shell.run("touch \(walk.folder)/control/good")
            try await walk.apply(web(check))
            #expect(
                try await walk.instance("web", until: "is healthy") { $0.health == "healthy" }.pid == well.pid
            )
            agent.kill()
            agent = try await walk.agent()
            #expect(
                try await walk.instance("web", until: "is healthy") { $0.health == "healthy" }.pid == well.pid
            )
            try Shell.run("rm \(walk.folder)/control/good")
            let ill = try await walk.instance("web", until: "is started again") {
                $0.restarts > well.restarts && $0.state == "running"
            }
            #expect(ill.reason?.hasPrefix("healthcheck: its command exited 1") == true)
            // With no policy it stays as it is.
            try Shell.run("touch \(walk.folder)/control/good")
            try await walk.instance("web", until: "is healthy") { $0.health == "healthy" }
            try await walk.apply(web(check).replacing("restart: always", with: "restart: \"no\""))
            let calm = try await walk.instance("web", until: "is healthy") { $0.health == "healthy" }
            try Shell.run("rm \(walk.folder)/control/good")
            let left = try await walk.instance("web", until: "is unhealthy") { $0.health == "unhealthy" }
            #expect(left.pid == calm.pid && left.restarts == calm.restarts)
            try await walk.down("probed")
            try await walk.end(agent)
        }
    }

    @Test func `a container changed behind the agent's back is made what it was, or told`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let text = """
                name: drift
                services:
                  one: { image: "busybox:walk", init: true, command: [sleep, "100000"], restart: always, pids_limit: 50 }
                """
            let frozen = "freezer.state cgroup.freeze"
            func file(_ names: String) throws -> String {
                let tests = names.split(separator: " ").map { "-name \($0)" }.joined(separator: " -o ")
                let found = try Shell.run(
                    "find /sys/fs/cgroup -path '*/martlet-\(walk.owner)*/drift-one-*' \\( \(tests) \\) | sort | head -1"
                )
                return String(found.dropLast())
            }
            for action in ["correct", "report"] {
                let node = try walk.file("format: 1\napply: { drift: \(action) }\n", "node.yaml")
                let agent = try await walk.agent(["--node", node])
                try await walk.apply(text)
                let (pids, freezer) = (try file("pids.max"), try file(frozen))
                let isLegacy = freezer.hasSuffix("freezer.state")
                // What a user does is none.
                #expect(try await walk.martlet("pause", with: ["drift"]).code == 0)
                #expect(try await walk.martlet("update", with: ["--pids-limit", "60", "drift"]).code == 0)
                #expect(try await walk.martlet("resume", with: ["drift"]).code == 0)
                try Shell.run("echo 7 >\(pids); echo \(isLegacy ? "FROZEN" : "1") >\(freezer)")
                if action == "correct" {
                    try await agent.wait(
                        for: "deploy.resources.limits.pids (pids.max is 7, was set to 60)"
                    )
                    let deadline = ContinuousClock.now + ForegroundRun.patience
                    while try Shell.run("cat \(pids) \(freezer)")
                        != "60\n\(isLegacy ? "THAWED" : "0")\n"
                    {
                        try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    #expect(try await Self.events(walk, "drifted").count >= 1)
                } else {
                    let drifted = try await walk.instance("one", until: "has drifted") { $0.drift.count == 2 }
                    #expect(drifted.drift == ["deploy.resources.limits.pids", "paused"])
                    let status = try await walk.martlet("status")
                    #expect(status.output.contains("its processes stand still"), "\(status.output)")
                    #expect(try Shell.run("cat \(pids)") == "7\n")
                    let plan = try await walk.martlet("plan", with: [try walk.file(text)])
                    #expect(plan.output.contains("paused drifted"), "\(plan.output)")
                    try await walk.apply(text)
                    #expect(
                        try Shell.run("cat \(pids) \(freezer)") == "50\n\(isLegacy ? "THAWED" : "0")\n"
                    )
                    try await walk.instance("one", until: "is as it was") { $0.drift.isEmpty }
                }
                let events = try await Self.events(walk, "drifted")
                #expect(events.allSatisfy { !$0.reason.contains("is 60") }, "\(events)")
                try await walk.down("drift")
                try await walk.end(agent)
            }
        }
    }
}
