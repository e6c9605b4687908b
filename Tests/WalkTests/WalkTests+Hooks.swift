// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `hooks run after the start and before the stop`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try Shell.run("mkdir -m 1777 \(walk.folder)/notes")
            func notes() throws -> [Substring] {
                try Shell.run("cat \(walk.folder)/notes/* 2>/dev/null || true").split(separator: "\n")
            }
            let volumes = "volumes: [\"\(walk.folder)/notes:/notes\"]"
            let text = """
                name: hooks
                services:
                  web:
                    image: busybox:walk
                    command: [sh, -c, "trap 'echo term >>/notes/all; exit 0' TERM; while :; do sleep 0.05; done"]
                    \(volumes)
                    post_start:
                      - { command: [sh, -c, "sleep 0.3; echo one $$LEVEL $$(id -u) $$(pwd) >>/notes/all"], working_dir: /tmp, environment: [LEVEL=2] }
                      - { command: [sh, -c, "echo two >>/notes/all"] }
                    pre_stop: [{ command: [sh, -c, "sleep 0.3; echo drained >>/notes/all"] }, { command: [no-such-program] }]
                  after:
                    image: busybox:walk
                    command: [sh, -c, "echo after >>/notes/all; exec sleep 1000"]
                    init: true
                    depends_on: [web]
                    \(volumes)
                """
            try await walk.apply(text)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try notes().count < 3 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try notes() == ["one 2 0 /tmp", "two", "after"])
            try await walk.down("hooks")
            #expect(try notes().suffix(2) == ["drained", "term"])
            let told = try await walk.martlet("events", with: ["--since", "1h", "--no-follow"]).output
            #expect(told.contains("pre_stop[1]"), "\(told)")

            // One that hangs has no more than the grace period.
            try Shell.run("rm \(walk.folder)/notes/all")
            let slow = text.replacing("sleep 0.3; echo drained", with: "sleep 1000; echo drained")
                .replacing("init: true", with: "init: true\n    stop_grace_period: 1s")
                .replacing("pre_stop:", with: "stop_grace_period: 1s\n    pre_stop:")
            try await walk.apply(slow)
            let clock = ContinuousClock()
            let time = try await clock.measure { try await walk.down("hooks") }
            #expect(time < .seconds(10))
            #expect(try !notes().contains("drained"))
            try await walk.end(agent)
        }
    }

    @Test func `a hook that fails after the start is a failed start`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let text = """
                name: hooks
                services:
                  web:
                    image: busybox:walk
                    command: [sleep, "1000"]
                    init: true
                    restart: "no"
                    post_start: [{ command: [sh, -c, "exit 3"] }]
                """
            let path = try walk.file(text)
            let failed = try await walk.martlet("apply", with: ["--wait", path])
            #expect(failed.code == 1, "\(failed.output)")
            #expect(failed.output.contains("post_start[0] ended with status 3"), "\(failed.output)")
            #expect(try await walk.instances().map(\.state) == ["exited"])
            #expect(try await walk.pids().isEmpty)

            // A stop does not wait for a hook that hangs.
            let hanging = text.replacing("exit 3", with: "sleep 1000")
            let apply = try walk.start(["apply"], ["--wait", try walk.file(hanging)])
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.pids().isEmpty {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            try await Task.sleep(for: .milliseconds(300))
            // Nor does an agent that comes after take such a container for one that has started: it starts anew.
            let before = try await walk.pids()
            agent.kill()
            agent = try await walk.agent()
            _ = try await apply.exit()
            while true {
                let pids = try await walk.pids()
                if !pids.isEmpty, pids != before { break }
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await walk.instances().map(\.state) == ["starting"])
            try await Task.sleep(for: .milliseconds(300))
            let time = try await ContinuousClock().measure { try await walk.down("hooks") }
            #expect(time < .seconds(20))
            try await walk.end(agent)
        }
    }
}
