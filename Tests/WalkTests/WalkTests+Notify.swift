// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension Walk {
    /// A shell line for `importBusybox` that adds `Programs/guest.c` to the image.
    static var guest: String {
        let source = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return "$(command -v clang || command -v gcc) -std=gnu17 -D_GNU_SOURCE -O1 -static "
            + "/\(source)/Programs/guest.c -o layer/bin/guest"
    }
}

extension WalkTests {
    /// A service that says what files of `/control` have it say, as an ordinary user on a root that it cannot write to,
    /// and one that waits for it.
    private static func told(_ walk: Walk, _ notify: String, more: String = "") -> String {
        let script = """
            echo $$NOTIFY_SOCKET $$WATCHDOG_USEC; guest tell 'STATUS=loading'; \
            while [ ! -e /control/ready ]; do sleep 0.05; done; guest tell READY=1 STATUS=serving; \
            while :; do [ -e /control/silent ] || guest tell WATCHDOG=1; \
            [ ! -e /control/say ] || guest tell \\"$$(cat /control/say)\\"; sleep 0.1; done
            """
        return """
            name: told
            \(more)
            services:
              web:
                image: busybox:walk
                command: [sh, -c, "\(script)"]
                user: "1000"
                read_only: true
                init: true
                stop_grace_period: 0s
                deploy: { restart_policy: { condition: any, delay: 0s } }
                volumes: ["\(walk.folder)/control:/control:ro"]
                x-martlet: { notify: \(notify) }
              next:
                image: busybox:walk
                command: [sleep, "1000"]
                stop_grace_period: 0s
                depends_on: [web]
            """
    }

    private func pid(_ service: String, _ walk: Walk) async throws -> Int32? {
        try await walk.instances().first { $0.service == service }?.pid
    }

    @Test func `a container is ready when it says so, and what it says outlives agents`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Walk.guest)
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            var agent = try await walk.agent()
            let file = try walk.file(Self.told(walk, "{ watchdog: 60s }"))
            let applied = try walk.start(["apply"], ["--wait", file])
            let loading = try await walk.instance("web", until: "says that it loads") {
                $0.statusText == "loading"
            }
            #expect(loading.state == "starting" && loading.health == "starting" && loading.pid != nil)
            #expect(loading.checks.map(\.name) == ["notify"])
            #expect(loading.checks.first?.asks == "READY=1, WATCHDOG=1 every 60.0 seconds")
            #expect(try await pid("next", walk) == nil)
            #expect(try await walk.martlet("ps").output.contains("loading"))
            // An agent that comes later knows, and hears what was said meanwhile.
            agent.kill()
            _ = try await agent.exit()
            _ = try await applied.exit()
            try Shell.run("touch \(walk.folder)/control/ready; sleep 0.5")
            agent = try await walk.agent()
            let ready = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            #expect(ready.state == "running" && ready.pid == loading.pid)
            let next = try await walk.instance("next", until: "runs") { $0.state == "running" }
            #expect(try await walk.martlet("apply", with: ["--wait", file]).code == 0)
            let status = try await walk.martlet("status")
            #expect(status.output.contains("says: serving"), "\(status.output)")
            #expect(try await walk.lines("told/web") == ["/run/notify/notify.sock 60000000"])
            agent.kill()
            _ = try await agent.exit()
            agent = try await walk.agent()
            let again = try await walk.instance("web", until: "is ready still") { $0.health == "healthy" }
            #expect(again.pid == loading.pid && again.restarts == 0 && again.statusText == "serving")
            #expect(try await pid("next", walk) == next.pid)
            // A socket that is lost is made anew where the container looks for it.
            agent.kill()
            _ = try await agent.exit()
            let keeper = try await walk.keeper()
            try await keeper.unpark("notify.\(loading.id)")
            keeper.close()
            agent = try await walk.agent()
            try Shell.run("echo STATUS=further >\(walk.folder)/control/say")
            let later = try await walk.instance("web", until: "is heard again") { $0.statusText == "further" }
            #expect(later.pid == loading.pid && later.health == "healthy")

            // Nothing new is asked of one that ends.
            try Shell.run("echo STOPPING=1 >\(walk.folder)/control/say")
            try await walk.instance("web", until: "ends") { $0.state == "stopping" }
            try await walk.down("told")
            #expect(try Shell.run("ls \(walk.folder)/run/notify") == "")
            try await walk.end(agent)
        }
    }

    @Test func `one that says no more that it lives is started again`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Walk.guest)
            try Shell.run("mkdir -m 755 \(walk.folder)/control; touch \(walk.folder)/control/ready")
            let agent = try await walk.agent()
            try await walk.apply(Self.told(walk, "{ watchdog: 2s }"))
            let first = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            try await Task.sleep(for: .seconds(3))
            #expect(try await pid("web", walk) == first.pid)
            // What is paused says nothing, and is not ill for it.
            #expect(try await walk.martlet("pause", with: ["told/web"]).code == 0)
            try await Task.sleep(for: .seconds(3))
            #expect(try await walk.martlet("resume", with: ["told/web"]).code == 0)
            try await Task.sleep(for: .seconds(1))
            #expect(try await pid("web", walk) == first.pid)
            try Shell.run("touch \(walk.folder)/control/silent")
            let second = try await walk.instance("web", until: "is started again") { $0.restarts > 0 }
            #expect(second.reason == "notify: no WATCHDOG=1 for 2.0 seconds")
            try Shell.run("rm \(walk.folder)/control/silent")
            let third = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            // One that says itself that it is not well is believed.
            try Shell.run("echo WATCHDOG=trigger >\(walk.folder)/control/say")
            let before = third.restarts
            let fourth = try await walk.instance("web", until: "is started again") { $0.restarts > before }
            #expect(fourth.reason == "notify: it says that it is not well")
            try await walk.down("told")
            try await walk.end(agent)
        }
    }

    @Test func `a generation that never says that it is ready goes back, and a flood harms nobody`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox(extra: Walk.guest)
            try Shell.run("mkdir -m 755 \(walk.folder)/control; touch \(walk.folder)/control/ready")
            let agent = try await walk.agent()
            let good = Self.told(walk, "true", more: "x-martlet: { rollout: { deadline: 3s } }")
            try await walk.apply(good)
            let first = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            let bad = good.replacing("guest tell READY=1 STATUS=serving", with: "guest flood 2000")
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(bad, "bad.yaml")])
            #expect(failed.code == 1 && failed.output.contains("generation 1 runs again"), "\(failed.output)")
            let back = try await walk.instance("web", until: "is ready") { $0.health == "healthy" }
            #expect(back.generation == 1 && back.id != first.id)
            try await walk.down("told")
            try await walk.end(agent)
        }
    }
}
