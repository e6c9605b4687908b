// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
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
            #expect(try await Self.pagesState(walk).state == "converged")

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
                let state = try await Self.pagesState(walk)
                #expect(state.state == "mixed" && state.reason == "generation \(level): pages/web/1 exited 4")
                #expect(try walk.page() == "up\n")
                #expect(try await Self.history(walk).first?.result == "failed")
                // An agent that comes anew leaves it so.
                agent.kill()
                agent = try await walk.agent()
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await Self.pagesState(walk).state != "mixed" {
                    try #require(ContinuousClock.now < deadline)
                    try await Task.sleep(for: .milliseconds(50))
                }
                if action == "continue" {
                    // After a reboot nothing is left that could stay: the last good one comes back by itself.
                    let keeper = try await walk.keeper()
                    keeper.close()
                    agent.kill()
                    kill(keeper.pid, SIGKILL)
                    for pid in try await walk.groupPids() { kill(pid, SIGKILL) }
                    try Shell.run("rm -rf \(walk.folder)/run")
                    agent = try await walk.agent()
                    let deadline = ContinuousClock.now + ForegroundRun.patience
                    while try await Self.pagesState(walk).state != "converged" {
                        try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    #expect(try await Self.history(walk).map(\.result) == ["rolled-back", "current"])
                } else {
                    let back = try await walk.martlet("rollback", with: ["--wait", "pages"])
                    #expect(back.code == 0, "\(back.output)")
                }
                #expect(try await walk.instances().map(\.generation) == [1, 1])
            }
            try Shell.run("touch \(walk.folder)/control/good")
            let retried = try await walk.martlet("retry", with: ["--wait", "pages"])
            #expect(
                retried.code == 0 && retried.output.contains("converged on generation 3"),
                "\(retried.output)"
            )
            #expect(try await Self.pagesState(walk).state == "converged")
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `whatever goes wrong with a generation returns the app, and the old page is not touched`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(Self.pages(walk))
            let good = Self.pages(walk, level: 2)
            let old = try #require(try await walk.instances().first { $0.service == "web" })
            let load = try RequestLoad(port: walk.port, clients: 1) { $0.hasSuffix("up\n") }
            let taken = try LoopbackServer.takenPort()
            try check("listen", "", listen(taken.socket.number, 1))
            let test = "[CMD, wget, -q, -O, /dev/null, \"http://127.0.0.1/\"], interval: 100ms, timeout: 20s"
            let short = good.replacing("deadline: 60s", with: "deadline: 2s")
            let cases = [
                (
                    good.replacing("127.0.0.1:\(walk.port):80", with: "127.0.0.1:\(taken.port):80"),
                    "\(taken.port)"
                ),
                (
                    short.replacing(test, with: "[CMD, \"false\"], start_period: 1h, interval: 100ms"),
                    "pages/web/1 is not ready at the deadline"
                ),
                (
                    short.replacing(
                        "    ports:",
                        with: "    post_start: [{ command: [sleep, \"1000\"] }]\n    ports:"
                    ),
                    "post_start[0] ended with status 137"
                ),
                (
                    good.replacing(
                        "\(test), retries: 20",
                        with: "[CMD, \"false\"], interval: 50ms, retries: 2"
                    ),
                    "pages/web/1 is unhealthy"
                ),
                (
                    good.replacing("    ports:", with: "    entrypoint: [/no-such-program]\n    ports:"),
                    "no-such-program"
                ),
                (
                    good.replacing("command: [sleep, \"100000\"]", with: "command: [sh, -c, \"exit 9\"]")
                        .replacing("update_config: { monitor: 0s }", with: "update_config: { monitor: 60s }"),
                    "pages/back/1 exited 9"
                ),
            ]
            for (number, (text, why)) in cases.enumerated() {
                try #require(text != good)
                let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(text)])
                #expect(failed.code == 1 && failed.output.contains(why), "\(failed.output)")
                #expect(
                    failed.output.contains("generation \(number + 2) failed")
                        && failed.output.contains("generation 1 runs again"),
                    "\(failed.output)"
                )
                let now = try await walk.instances()
                #expect(now.count == 2 && now.allSatisfy { $0.generation == 1 && $0.state == "running" })
                let web = now.first { $0.service == "web" }
                #expect(web?.id == old.id && web?.pid == old.pid)
            }
            try await load.end(after: 100)
            #expect(load.failures == [])
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `continue replaces what can be replaced and keeps the old one for what cannot`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            // Whoever comes first of the new ones is broken.
            let web =
                "[ $$LEVEL = 1 ] || mkdir /control/first 2>/dev/null && [ $$LEVEL = 2 ] && exit 6; exec httpd -f -p 80 -h /www"
            try Shell.run("mkdir -m 777 \(walk.folder)/control")
            func text(_ level: Int) -> String {
                Self.pages(walk, web: web, level: level, policy: ", parallelism: 0, failure_action: continue")
                    .replacing(
                        "    ports:",
                        with: "    volumes: [\"\(walk.folder)/control:/control\"]\n    ports:"
                    )
                    .replacing(
                        "deploy: { update_config: { order",
                        with: "deploy: { replicas: 3, update_config: { order"
                    )
            }
            try await walk.apply(text(1))
            let load = try RequestLoad(port: walk.port, clients: 1) { $0.hasSuffix("up\n") }
            let before = try await walk.instances()
            let result = try await walk.martlet("apply", with: ["--wait", try walk.file(text(2))])
            #expect(result.code == 1 && result.output.contains("exited 6"), "\(result.output)")
            try await load.end(after: 100)
            #expect(load.failures == [])
            let after = try await walk.instances()
            #expect(after.count == 4 && after.allSatisfy { $0.state == "running" }, "\(after)")
            #expect(after.filter { $0.service == "web" }.map(\.generation).sorted() == [1, 2, 2])
            let kept = try #require(after.first { $0.service == "web" && $0.generation == 1 })
            #expect(before.contains { $0.id == kept.id && $0.pid == kept.pid })
            #expect(try await Self.pagesState(walk).state == "mixed")
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `a return that an agent was killed in goes on as the file says of returns`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            func text(_ level: Int, _ word: String) -> String {
                """
                name: back
                services:
                  web:
                    image: busybox:walk
                    init: true
                    command: [sleep, "100000"]
                    environment: { LEVEL: "\(level)" }
                    x-martlet: { drain: { wait: 0s } }
                    deploy:
                      replicas: 2
                      update_config: { order: stop-first, parallelism: 0, monitor: 0s }
                      rollback_config: { order: start-first, parallelism: 1, monitor: 200ms }
                  last:
                    image: busybox:walk
                    init: true
                    command: [sh, -c, "\(word)"]
                    restart: always
                    depends_on: [web]
                    deploy: { rollback_config: { monitor: 0s } }
                """
            }
            var agent = try walk.start(["agent"], under: ["/usr/bin/env", "MARTLET_FAILPOINT=returnDue"])
            try await agent.wait(for: "the agent serves")
            try await walk.apply(text(1, "sleep 100000"))
            let broken = try walk.start(["apply"], ["--wait", try walk.file(text(2, "exit 4"))])
            #expect(try await agent.exit() == 128 + SIGKILL)
            #expect(try await broken.exit() == 1)
            agent = try await walk.agent()
            try await Self.wait(agent, "its return") {
                try await Self.events(walk, "rolled-back").contains { $0.app == "back" }
            }
            let told = try await Self.events(walk, "rolled-back").map(\.reason)
            #expect(told.count == 1 && told[0].contains("generation 2 failed: back/last/1"), "\(told)")
            let steps = try await Self.events(walk, "step").map(\.reason)
            for index in 1...2 {
                #expect(
                    steps.contains { $0.hasPrefix("replace back/web/\(index) (start-first)") },
                    "\(steps)"
                )
            }
            // One after the other.
            let places = [
                "switch to the new back/web/1", "replace back/web/2 (start-first)",
                "switch to the new back/web/2",
            ].map { word in steps.firstIndex { $0.hasPrefix(word) } ?? -1 }
            #expect(places[0] >= 0 && places == places.sorted(), "\(steps)")
            let state = try await walk.app("back", until: "is back") { $0.state == "converged" }
            #expect(state.generation == 1)
            #expect(try await walk.instances().allSatisfy { $0.generation == 1 })
            try await walk.down("back")
            try await walk.end(agent)
        }
    }
}
