// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// `apply.mode: plan-only`: what comes is planned, and waits.
extension WalkTests {
    private static func text(_ app: String, _ word: String, replicas: Int = 1) -> String {
        """
        name: \(app)
        services:
          one:
            image: "busybox:walk"
            command: [sleep, "100000"]
            init: true
            restart: always
            environment: { A: \(word) }
            deploy: { replicas: \(replicas), update_config: { monitor: 0s } }
        """
    }

    /// Waits until a node has what is asked for.
    private func plan(_ walk: Walk, of app: String, _ isMeant: (WaitingPlan?) -> Bool) async throws
        -> WaitingPlan?
    {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let result = try await walk.martlet("status", with: ["--json"])
            let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
            let plan = status.plans.first { $0.app == app }
            if isMeant(plan) { return plan }
            try #require(ContinuousClock.now < deadline, "\(status)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test func `what a source says waits for leave, and a plan that is out of date has none`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let apps = "\(walk.folder)/apps.d"
            try Shell.run("mkdir \(apps)")
            let settings =
                "apply: {mode: plan-only}\nsources: [{name: local, dir: {path: \(apps)}, every: 1s, allow_empty: true}]"
            let node = try walk.file("format: 1\n\(settings)\n", "node.yaml")
            func put(_ word: String) throws {
                let path = try walk.file(Self.text("shop", word), "new.yaml")
                try check("rename", path, rename(path, "\(apps)/shop.yaml"))
            }
            func apply(_ id: String) async throws -> (code: Int32, output: String) {
                try await walk.martlet("apply", with: ["--wait", id])
            }
            try put("a")
            var agent = try await walk.agent(["--node", node])

            // A new app: nothing is made before somebody says so.
            let first = try #require(try await plan(walk, of: "shop") { $0 != nil })
            #expect(first.source == "local" && first.caller == "shop.yaml" && first.steps == 3)
            #expect(try await walk.instances().isEmpty)
            let shown = try await walk.martlet("status")
            #expect(shown.output.contains("martlet apply \(first.id)"), "\(shown)")
            #expect(
                shown.code == 1 && shown.output.contains("Held: plan \(first.id) waits: 3 steps"),
                "\(shown)"
            )
            let planned = try await walk.martlet("plan", with: [first.id])
            #expect(planned.code == 0 && planned.output.contains("create shop/one/1"), "\(planned)")
            let applied = try await apply(first.id)
            #expect(applied.code == 0 && applied.output.contains("converged on generation 1"), "\(applied)")
            #expect(try await plan(walk, of: "shop") { $0 == nil } == nil)
            let before = try await walk.pids()
            let history = try await walk.martlet("history", with: ["--json", "shop"]).output
            #expect(history.contains("shop.yaml, carried out by uid 0"), "\(history)")
            #expect(history.contains(#""source":"local""#), "\(history)")

            // A change waits, also for the next agent; crashes are answered meanwhile.
            try put("b")
            let second = try #require(try await plan(walk, of: "shop") { $0 != nil })
            let app = try await walk.app("shop")
            #expect(app.plan == second && app.state == "converged" && app.generation == 1)
            #expect(try await walk.pids() == before)
            let events = try await Self.events(walk, "held").filter { $0.reason.contains(second.id) }
            #expect(events.count == 1 && events[0].app == "shop", "\(events)")
            #expect(events[0].details?.contains { $0.contains("services.one.environment changed") } == true)
            // The file changes once more: the plan before is out of date, and the new one is named.
            try put("c")
            let third = try #require(
                try await plan(walk, of: "shop") { $0 != nil && $0?.digest != second.digest }
            )
            let stale = try await apply(second.id)
            #expect(stale.code == 1 && stale.output.contains("it is plan \(third.id)"), "\(stale)")
            #expect(try await walk.pids() == before)
            agent.kill()
            for pid in before.values { kill(pid, SIGKILL) }
            agent = try await walk.agent(["--node", node])
            _ = try await walk.app("shop", until: "runs again") {
                $0.state == "converged" && $0.services.first?.running == 1
            }
            #expect(try await walk.app("shop").generation == 1)
            // What is to be done may be another thing after the crash: then another plan waits at the next look.
            let deadline = ContinuousClock.now + ForegroundRun.patience
            var last = try #require(try await plan(walk, of: "shop") { $0 != nil })
            #expect(last.digest == third.digest)
            while try await apply(last.id).code != 0 {
                try #require(ContinuousClock.now < deadline)
                last = try #require(try await plan(walk, of: "shop") { $0 != nil })
            }
            #expect(try await walk.martlet("exec", with: ["shop/one", "--", "env"]).output.contains("A=c\n"))
            #expect(try await walk.app("shop").generation == 2)
            let again = try await apply(last.id)
            #expect(again.code == 1 && again.output.contains("no such plan waits"), "\(again)")

            // What is taken back is not waited for, and what is taken away waits as well.
            try put("d")
            let fourth = try #require(try await plan(walk, of: "shop") { $0 != nil })
            try put("c")
            #expect(try await plan(walk, of: "shop") { $0 == nil } == nil)
            #expect(try await apply(fourth.id).code == 1)
            try Shell.run("rm \(apps)/shop.yaml")
            let removal = try #require(try await plan(walk, of: "shop") { $0?.isRemoval == true })
            #expect(try await walk.instances().count == 1)
            let gone = try await apply(removal.id)
            #expect(gone.code == 0, "\(gone)")
            #expect(try await walk.instances().isEmpty)
            try await walk.end(agent)
        }
    }

    @Test func `what is pushed waits for leave through a crash, and the world may move meanwhile`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let node = try walk.file("format: 1\napply: {mode: plan-only}\n", "node.yaml")
            var agent = try await walk.agent(["--node", node])
            let first = try walk.file(Self.text("shop", "a"), "a.yaml")
            let pushed = try await walk.martlet("apply", with: ["--wait", first])
            let id = try await walk.plan(first).id
            #expect(pushed.code == 1, "\(pushed)")
            #expect(pushed.output.contains("shop: Held: plan \(id) waits: 3 steps, from push by uid 0"))
            #expect(pushed.output.contains("carry it out with `martlet apply \(id)`"), "\(pushed)")
            #expect(try await walk.instances().isEmpty)
            agent.kill()
            agent = try await walk.agent(["--node", node])
            #expect(try await walk.martlet("apply", with: ["--wait", id]).code == 0)
            let before = try await walk.pids()
            #expect(before.count == 1)

            // The same again is no change; with the ID of its plan a file is carried out as anywhere.
            #expect(try await walk.martlet("apply", with: ["--wait", first]).code == 0)
            #expect(try await walk.pids() == before)
            let second = try walk.file(Self.text("shop", "a", replicas: 2), "b.yaml")
            let wanted = try await walk.plan(second).id
            #expect(try await walk.martlet("apply", with: ["--wait", "--plan", wanted, second]).code == 0)
            #expect(try await walk.instances().count == 2)

            // The world moves: what waited would be another plan now, which is named and waits in its place.
            let third = try walk.file(Self.text("shop", "a", replicas: 3), "c.yaml")
            #expect(try await walk.martlet("apply", with: [third]).code == 1)
            let waits = try #require(try await plan(walk, of: "shop") { $0 != nil })
            #expect(waits.source == "push" && waits.steps == 2)
            #expect(try await walk.martlet("rollback", with: ["--wait", "shop"]).code == 0)
            #expect(try await walk.instances().count == 1)
            let moved = try await walk.martlet("apply", with: ["--wait", waits.id])
            let now = try #require(try await plan(walk, of: "shop") { $0 != nil })
            #expect(moved.code == 1 && moved.output.contains("it is plan \(now.id)"), "\(moved)")
            #expect(now.id != waits.id && now.steps == 4 && now.digest == waits.digest)
            #expect(try await walk.instances().count == 1)
            #expect(try await walk.martlet("apply", with: ["--wait", waits.id]).code == 1)
            #expect(try await walk.martlet("apply", with: ["--wait", now.id]).code == 0)
            #expect(try await walk.instances().count == 3)

            // One that nobody wants is dropped with its app.
            let new = try walk.file(Self.text("new", "a"), "new.yaml")
            #expect(try await walk.martlet("apply", with: [new]).code == 1)
            #expect(try await plan(walk, of: "new") { $0 != nil } != nil)
            try await walk.down("new")
            #expect(try await plan(walk, of: "new") { $0 == nil } == nil)
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }
}
