// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

/// What is asked of an app while an image of it is on its way.
extension WalkTests {
    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `a pull holds nobody up, and ends when it is overtaken or its client is gone`() async throws {
        try await withWalk { walk in
            let registry = try DebianRegistry(walk)
            defer { registry.end() }
            let proxy = try HoldingProxy(to: registry.port, after: 256 << 10)
            let node = try walk.file(
                "format: 1\nregistries: [{ prefix: \"\(registry.name)\", insecure: http }, { prefix: \"\(proxy.name)\", insecure: http }]\n",
                "node.yaml"
            )
            try await walk.importBusybox(extra: "head -c 4194304 /dev/urandom >layer/ballast")
            _ = try await registry.push("busybox:walk", as: "team/slow:1", walk, node)
            try await walk.forgetImages("busybox:walk")
            try await walk.importBusybox()
            func app(_ name: String, _ image: String, _ level: Int) throws -> String {
                let text =
                    "name: \(name)\nservices: { one: { image: \"\(image)\", command: [sleep, \"1000\"], init: true, environment: { LEVEL: \"\(level)\" }, deploy: { update_config: { monitor: 0s } } } }\n"
                return try walk.file(text, "\(name)-\(level).yaml")
            }
            func until(_ what: String, _ condition: () async throws -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await !condition() {
                    try #require(ContinuousClock.now < deadline, "\(what)")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let slow = "\(proxy.name)/team/slow:1"
            let agent = try await walk.agent(["--node", node])
            for level in 1...2 {
                let file = try app("shop", "busybox:walk", level)
                try #require(try await walk.martlet("apply", with: ["--wait", file]).code == 0)
            }
            let file = try app("shop", slow, 3)
            func pull(_ arguments: String...) async throws -> ForegroundRun {
                let run = try walk.start(["apply"], arguments + [file])
                try await until("a pull") { proxy.held > 0 }
                return run
            }
            func refused(_ run: ForegroundRun, _ why: String) async throws {
                #expect(try await run.exit() == 1)
                #expect(
                    run.shown.contains("overtaken before it was accepted: \(why)"),
                    "\(run.shown)"
                )
                try await until("the end of the pull") { proxy.held == 0 }
            }

            // A return, and a change that needs no image, each the last word.
            let first = try await pull("--wait")
            #expect(try await walk.martlet("rollback", with: ["--wait", "shop"]).code == 0)
            try await refused(first, "uid 0")
            #expect(try await walk.app("shop").generation == 1)
            let second = try await pull()
            let other = try app("shop", "busybox:walk", 4)
            #expect(try await walk.martlet("apply", with: ["--wait", other]).code == 0)
            try await refused(second, "another desired state came from push by uid 0")
            #expect(try await walk.app("shop").generation == 3)

            // A client that goes away, whether it would hear of the pull or not; one that brought the same goes on.
            for arguments in [["--wait"], []] {
                let run = try walk.start(["apply"], arguments + [file])
                try await until("a pull") { proxy.held > 0 }
                let twin = try walk.start(["apply"], ["--wait", file])
                try await twin.wait(for: "pull \(slow)")
                run.kill()
                try await until("the pull of the twin") { agent.shown.contains("its client went away") }
                try await until("its pull") { proxy.held == 1 }
                twin.kill()
                try await until("the end of both") { proxy.held == 0 }
            }
            #expect(try await walk.app("shop").generation == 3)

            // One that would be the first of its app.
            let fresh = try walk.start(["apply"], ["--wait", try app("fresh", slow, 1)])
            try await until("a pull") { proxy.held > 0 }
            let down = try await walk.martlet("down", with: ["fresh"])
            #expect(down.code == 0 && down.output.contains("fresh: removed"), "\(down)")
            try await refused(fresh, "it is taken down")

            // What needs the app's turn meanwhile has it, and what is pulled to its end is the app's generation.
            let plan = try await walk.plan(file).id
            let last = try await pull("--wait", "--plan", plan)
            for verb in ["pause", "resume"] {
                #expect(try await walk.martlet(verb, with: ["shop"]).code == 0)
            }
            proxy.open()
            #expect(try await last.exit() == 0, "\(last.shown)")
            #expect(try await walk.app("shop").generation == 4)
            try await walk.down("shop")
            try await walk.end(agent)
        }
    }
}
