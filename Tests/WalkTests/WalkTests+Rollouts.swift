// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    /// A page at the walk's port, replaced start-first, beside a service that is replaced in place.
    private static func pages(
        _ walk: Walk,
        web: String = "exec httpd -f -p 80 -h /www",
        level: Int = 1,
        policy: String = "",
        more: String = ""
    ) -> String {
        """
        name: pages
        x-martlet: { rollout: { deadline: 60s, keep: 9 } }
        services:
          web:
            image: busybox:walk
            init: true
            command: [sh, -c, "\(web)"]
            environment: { LEVEL: "\(level)" }
            ports: ["127.0.0.1:\(walk.port):80"]
            healthcheck: { test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 100ms, timeout: 20s, retries: 20 }
            restart: always
            depends_on: [back]
            deploy: { update_config: { order: start-first\(policy) }, rollback_config: { order: start-first } }
            x-martlet: { drain: { wait: 300ms } }
          back:
            image: busybox:walk
            init: true
            command: [sleep, "100000"]
            environment: { LEVEL: "\(level)" }
            restart: always
            deploy: { update_config: { monitor: 0s }, rollback_config: { monitor: 0s } }
        \(more)
        """
    }

    private static func history(_ walk: Walk) async throws -> [GenerationStatus] {
        let result = try await walk.martlet("history", with: ["--json", "pages"])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode([GenerationStatus].self, from: Data(result.output.utf8))
    }

    private static func events(_ walk: Walk, _ kind: String) async throws -> [EventRecord] {
        let result = try await walk.martlet("events", with: ["--json", "--no-follow", "--since", "1h"])
        try #require(result.code == 0, "\(result.output)")
        return try result.output.split(separator: "\n").map {
            try JSONDecoder().decode(EventRecord.self, from: Data($0.utf8))
        }.filter { $0.kind == kind }
    }

    private static func state(_ walk: Walk) async throws -> AppStatus {
        let result = try await walk.martlet("status", with: ["--json"])
        try #require(result.code == 0, "\(result.output)")
        let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
        return try #require(status.apps.first { $0.name == "pages" })
    }

    @Test func `a broken generation returns the whole app, once, and the old page never missed a request`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(Self.pages(walk))
            let before = try await walk.instances()
            let load = try RequestLoad(port: walk.port) { $0.hasSuffix("up\n") }
            let broken = try walk.file(
                Self.pages(walk, web: "seq 60; echo no database; exit 3", level: 2),
                "broken.yaml"
            )
            let failed = try await walk.martlet("apply", with: ["--wait", broken])
            #expect(failed.code == 1)
            #expect(failed.output.contains("replace pages/web/1 (start-first)"), "\(failed.output)")
            #expect(
                failed.output.contains(
                    "martlet: pages: generation 2 failed: pages/web/1 exited 3; generation 1 runs again:"
                ),
                "\(failed.output)"
            )
            let after = try await walk.instances()
            #expect(after.count == 2 && after.allSatisfy { $0.generation == 1 && $0.state == "running" })
            // The page was never touched; what was replaced before it came back as it was.
            func web(_ all: [InstanceStatus]) -> InstanceStatus? { all.first { $0.service == "web" } }
            #expect(web(after)?.id == web(before)?.id && web(after)?.pid == web(before)?.pid)
            #expect(
                try await walk.martlet("exec", with: ["pages/back", "--", "env"]).output.contains("LEVEL=1")
            )
            let event = try #require(try await Self.events(walk, "rolled-back").first)
            #expect(event.service == "web" && event.instance == 1)
            #expect(event.details == (12...60).map(String.init) + ["no database"])
            #expect(try await Self.state(walk).state == "converged")

            let again = try await walk.martlet("apply", with: ["--wait", broken])
            #expect(
                again.code == 1 && again.output.contains("this is generation 2, which failed"),
                "\(again.output)"
            )
            let retried = try await walk.martlet("retry", with: ["--wait", "pages"])
            #expect(
                retried.code == 1 && retried.output.contains("generation 1 runs again"),
                "\(retried.output)"
            )

            try await walk.apply(Self.pages(walk, level: 3))
            try await load.end(after: 500)
            #expect(load.failures == [])
            let now = try await walk.instances()
            #expect(now.count == 2 && now.allSatisfy { $0.generation == 3 })
            #expect(web(now)?.id != web(before)?.id)
            let history = try await Self.history(walk)
            #expect(history.map(\.number) == [3, 2, 1])
            #expect(history.map(\.result) == ["current", "rolled-back", "superseded"])
            #expect(history[1].reason == "pages/web/1 exited 3")

            // By hand to any that was good; no image is asked for.
            let unknown = try await walk.martlet("rollback", with: ["--to", "7", "pages"])
            #expect(unknown.code == 1 && unknown.output.contains("generation 7 is not kept"))
            #expect(try await walk.martlet("rollback", with: ["--to", "2", "pages"]).code == 1)
            let back = try await walk.martlet("rollback", with: ["--wait", "pages"])
            #expect(back.code == 0 && back.output.contains("converged on generation 1"), "\(back.output)")
            #expect(try await Self.history(walk).map(\.result) == ["superseded", "rolled-back", "current"])
            #expect(try await walk.instances().allSatisfy { $0.generation == 1 })
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `pause and continue leave a mixed app, which goes on or back when told`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(Self.pages(walk))
            let web = "[ $$LEVEL = 1 ] || { [ -e /control/good ] || exit 4; }; exec httpd -f -p 80 -h /www"
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            func text(_ action: String, _ level: Int) -> String {
                Self.pages(walk, web: web, level: level, policy: ", failure_action: \(action)")
                    .replacing(
                        "    ports:",
                        with: "    volumes: [\"\(walk.folder)/control:/control:ro\"]\n    ports:"
                    )
            }
            for (level, action) in [(2, "continue"), (3, "pause")] {
                let result = try await walk.martlet(
                    "apply",
                    with: ["--wait", try walk.file(text(action, level))]
                )
                #expect(
                    result.code == 1 && result.output.contains("pages/web/1 exited 4"),
                    "\(result.output)"
                )
                let state = try await Self.state(walk)
                #expect(state.state == "mixed" && state.reason == "generation \(level): pages/web/1 exited 4")
                #expect(try walk.page() == "up\n")
                #expect(try await Self.history(walk).first?.result == "failed")
                // An agent that comes anew leaves it so.
                agent.kill()
                agent = try await walk.agent()
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await Self.state(walk).state != "mixed" {
                    try #require(ContinuousClock.now < deadline)
                    try await Task.sleep(for: .milliseconds(50))
                }
                let back = try await walk.martlet("rollback", with: ["--wait", "pages"])
                #expect(back.code == 0, "\(back.output)")
                #expect(try await walk.instances().map(\.generation) == [1, 1])
            }
            try Shell.run("touch \(walk.folder)/control/good")
            let retried = try await walk.martlet("retry", with: ["--wait", "pages"])
            #expect(
                retried.code == 0 && retried.output.contains("converged on generation 3"),
                "\(retried.output)"
            )
            #expect(try await Self.state(walk).state == "converged")
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `an agent killed anywhere in a rollout ends with one whole generation`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(Self.pages(walk))
            let load = try RequestLoad(port: walk.port, clients: 1) { $0.hasSuffix("up\n") }
            let rounds = getenv("MARTLET_SOAK") == nil ? 8 : 60
            for round in 0..<rounds {
                let isBad = round % 2 == 1
                let text = Self.pages(
                    walk,
                    web: isBad ? "usleep 400000; exit 5" : "exec httpd -f -p 80 -h /www",
                    level: round + 2
                )
                #expect(try await walk.martlet("apply", with: [try walk.file(text)]).code == 0)
                try await Task.sleep(for: .milliseconds(round * 643 % 1_100))
                agent.kill()
                agent = try await walk.agent()
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await Self.state(walk).state != "converged" {
                    try #require(ContinuousClock.now < deadline, "round \(round): \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
                let history = try await Self.history(walk)
                let current = try #require(history.first { $0.result == "current" })
                #expect(history.first?.result == (isBad ? "rolled-back" : "current"), "round \(round)")
                let all = try await walk.instances()
                #expect(all.count == 2, "round \(round): \(all)")
                #expect(
                    all.allSatisfy { $0.generation == current.number && $0.state == "running" },
                    "round \(round): \(all)"
                )
                let level = try await walk.martlet("exec", with: ["pages/back", "--", "env"]).output
                #expect(
                    level.contains("LEVEL=\(isBad ? round + 1 : round + 2)\n"),
                    "round \(round): \(level)"
                )
            }
            try await load.end(after: 100)
            #expect(load.failures == [])
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `replicas behind one port are replaced together, and no request is lost`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            func text(_ level: Int) -> String {
                Self.pages(walk, level: level, policy: ", parallelism: 0").replacing(
                    "deploy: { update_config: { order: start-first",
                    with: "deploy: { replicas: 3, update_config: { order: start-first"
                )
            }
            try await walk.apply(text(1))
            let load = try RequestLoad(port: walk.port) { $0.hasSuffix("up\n") }
            let before = Set(try await walk.instances().map(\.id))
            try await walk.apply(text(2))
            try await load.end(after: 300)
            #expect(load.failures == [])
            let after = try await walk.instances()
            #expect(after.count == 4 && after.allSatisfy { $0.generation == 2 && $0.state == "running" })
            #expect(before.isDisjoint(with: after.map(\.id)))
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `a name leads to what is ready`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let file = try walk.file(
                """
                name: ready
                services:
                  slow:
                    image: busybox:walk
                    init: true
                    command: [sleep, "100000"]
                    healthcheck: { test: [CMD, test, -e, /tmp/ok], interval: 50ms, timeout: 20s, retries: 1000 }
                  asks: { image: "busybox:walk", init: true, command: [sleep, "100000"] }
                """
            )
            #expect(try await walk.martlet("apply", with: [file]).code == 0)
            func exec(_ service: String, _ line: String) async throws -> Int32 {
                try await walk.martlet("exec", with: ["ready/\(service)", "--", "sh", "-c", line]).code
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.instances().count(where: { $0.state == "running" }) < 2 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await exec("asks", "nslookup asks. | grep -q Name:") == 0)
            #expect(try await exec("asks", "nslookup slow. | grep -q Name:") == 1)
            #expect(try await exec("slow", "touch /tmp/ok") == 0)
            while try await exec("asks", "nslookup slow. | grep -q Name:") != 0 {
                try #require(ContinuousClock.now < deadline)
            }
            try await walk.down("ready")
            try await walk.end(agent)
        }
    }

    @Test func `who depends on what crashed is started again where the file says so`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let service = #"image: "busybox:walk", init: true, command: [sleep, "100000"], restart: always"#
            try await walk.apply(
                """
                name: chain
                services:
                  one: { \(service), healthcheck: { test: [CMD, "true"], interval: 100ms, timeout: 20s } }
                  two: { \(service), depends_on: { one: { condition: service_healthy, restart: true } } }
                  three: { \(service), depends_on: { two: { condition: service_started, restart: true } } }
                  four: { \(service), depends_on: [one] }
                """
            )
            let before = try await walk.pids()
            let one = try #require(before.first { $0.key.contains("one") })
            kill(one.value, SIGKILL)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            var after = before
            while after.count != 4
                || after.contains(where: { !$0.key.contains("four") && before[$0.key] == $0.value })
            {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
                after = try await walk.pids()
            }
            #expect(after.keys.sorted() == before.keys.sorted())
            #expect(after.filter { $0.key.contains("four") } == before.filter { $0.key.contains("four") })
            try await walk.down("chain")
            try await walk.end(agent)
        }
    }
}
