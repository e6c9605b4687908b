// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// What `x-martlet.on_change` makes of a changed config.
extension WalkTests {
    private static func app(_ content: String, _ reaction: String, _ more: String = "") -> String {
        """
        name: change
        services:
          web:
            image: busybox:walk
            init: true
            command: [sh, -c, "trap 'echo hup $$(cat /etc/app.conf)' HUP; echo up $$(cat /etc/app.conf); while :; do sleep 0.05; done"]
            configs: [{ source: app.conf, target: /etc/app.conf, mode: 0440 }]
            x-martlet: { on_change: { app.conf: "\(reaction)" } }
          other:
            image: busybox:walk
            init: true
            command: [sleep, "1000"]
            configs: [still]
        configs:
          app.conf: { content: "\(content)" }
          still: { content: same }
        \(more)
        """
    }

    /// Whether the container has this config, and all of them are still these.
    private static func has(_ content: String, _ pids: [String: Int32], _ walk: Walk) async throws -> Bool {
        let now = try await walk.pids()
        return try await inside(walk) == content && now == pids
    }

    private static func inside(_ walk: Walk) async throws -> String {
        let read = try await walk.martlet("exec", with: ["change/web", "--", "cat", "/etc/app.conf"])
        try #require(read.code == 0, "\(read.output)")
        return read.output
    }

    @Test func `a config changes in place, and goes back with its generation`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(Self.app("one", "signal:HUP"))
            let first = try await walk.pids()
            func until(_ line: String) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await !walk.lines("change/web").contains(line[...]) {
                    try #require(ContinuousClock.now < deadline, "no '\(line)'")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await until("up one")

            let next = Self.app("two", "signal:HUP")
            let plan = try await walk.martlet("plan", with: [try walk.file(next)])
            #expect(plan.output.contains("change files of change/web/1 in place"), "\(plan.output)")
            #expect(plan.output.contains("configs.app.conf.content changed"), "\(plan.output)")
            try await walk.apply(next)
            try await until("hup two")
            #expect(try await Self.has("two", first, walk))

            // A container that starts again, and an agent that comes after, know which one it is.
            kill(agent.pid, SIGKILL)
            _ = try await agent.exit()
            agent = try await walk.agent()
            try await walk.apply(next)
            #expect(try await walk.pids() == first)
            let restarted = try await walk.martlet("restart", with: ["change/web"])
            try #require(restarted.code == 0, "\(restarted.output)")
            #expect(try await Self.inside(walk) == "two")
            let second = try await walk.pids()

            let back = try await walk.martlet("rollback", with: ["change"])
            try #require(back.code == 0, "\(back.output)")
            try await until("hup one")
            #expect(try await Self.has("one", second, walk))

            // Nothing more than the content; then a command; then the default, which is another container.
            try await walk.apply(Self.app("three", "none"))
            #expect(try await Self.has("three", second, walk))
            try await walk.apply(Self.app("four", "exec:sh -c 'cp /etc/app.conf /tmp/seen'"))
            let seen = try await walk.martlet("exec", with: ["change/web", "--", "cat", "/tmp/seen"])
            #expect(seen.output == "four")
            #expect(try await Self.has("four", second, walk))
            try await walk.apply(Self.app("five", "restart"))
            #expect(try await Self.inside(walk) == "five")
            let third = try await walk.pids()
            #expect(third.count == 2 && Set(third.keys).intersection(second.keys).count == 1, "other stays")
            try await walk.down("change")
            try await walk.end(agent)
        }
    }

    @Test func `a command that fails after a change takes it back`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let check = "exec:grep -q good /etc/app.conf"
            try await walk.apply(Self.app("good 1", check))
            let first = try await walk.pids()
            let bad = try await walk.martlet(
                "apply",
                with: ["--wait", try walk.file(Self.app("bad", check))]
            )
            #expect(bad.code == 1 && bad.output.contains("on_change"), "\(bad.output)")
            #expect(try await Self.has("good 1", first, walk))
            try await walk.apply(Self.app("good 2", check))
            #expect(try await Self.has("good 2", first, walk))
            try await walk.down("change")
            try await walk.end(agent)
        }
    }
}
