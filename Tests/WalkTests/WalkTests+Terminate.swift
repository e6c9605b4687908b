// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    /// 200 times with `MARTLET_SOAK`.
    @Test func `an agent that is told to end at any time does so, and touches no container and no line`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let script =
                "i=1; while [ ! -e /control/stop ]; do seq $$i $$((i+99)); i=$$((i+100)); usleep 20000; done; echo end $$i; sleep 100000"
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            var agent = try await walk.agent()
            try await walk.apply(
                """
                name: told
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "\(script)"]
                    volumes: ["\(walk.folder)/control:/control:ro"]
                    stop_grace_period: 0s
                  idle: { image: "busybox:walk", command: [sleep, "100000"], init: true, stop_grace_period: 0s }
                """
            )
            let pids = try await walk.pids()
            #expect(pids.count == 2)
            let rounds = getenv("MARTLET_SOAK") == nil ? 15 : 200
            var times: [Duration] = []
            for round in 0..<rounds {
                // Before it serves, while it takes over, or with something asked of it.
                var asked: ForegroundRun?
                if round % 3 == 0 {
                    asked = try walk.start(["apply"], ["\(walk.folder)/compose.yaml"])
                }
                try await Task.sleep(for: .milliseconds(.random(in: 0...300)))
                let told = ContinuousClock.now
                kill(agent.pid, SIGTERM)
                let code = try await agent.exit()
                times.append(ContinuousClock.now - told)
                // One that was told before it listens for that has touched nothing yet.
                let isEarly = try !agent.output().contains("the agent serves")
                #expect(code == 0 || (isEarly && code == 128 + SIGTERM), "\(code): \(agent.shown)")
                _ = try await asked?.exit()
                if round % 2 == 0 {
                    agent = try walk.start(["agent"])
                } else {
                    agent = try await walk.agent()
                }
                #expect(try await walk.pids() == pids)
            }
            kill(agent.pid, SIGTERM)
            _ = try await agent.exit()
            agent = try await walk.agent()
            try Shell.run("touch \(walk.folder)/control/stop")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await !walk.martlet("logs", with: ["--tail", "1", "told/writer"]).output.contains(
                "end "
            ) {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(50))
            }
            let lines = try await walk.lines("told/writer")
            let end = try #require(lines.last.flatMap { Int($0.dropFirst(4)) })
            #expect(lines.count == end)
            let wrong = zip(lines.dropLast(), 1...).first { $0.0 != "\($0.1)" }
            #expect(wrong == nil, "\(String(describing: wrong))")
            #expect(try await walk.instances().allSatisfy { $0.restarts == 0 })
            // Seconds are far more than an agent takes that is given a processor.
            #expect(times.allSatisfy { $0 <= .seconds(2) }, "\(times.sorted().suffix(5))")
            print(
                "told to end \(rounds) times: \(lines.count) lines in order, at most \(times.max() ?? .zero)"
            )
            try await walk.down("told")
            try await walk.end(agent)
        }
    }
}
