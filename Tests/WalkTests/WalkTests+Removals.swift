// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `what is being removed is not started`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(
                "name: gone\nservices: {web: {image: \"busybox:walk\", command: [sleep, \"1000\"], init: true}}"
            )
            #expect(try await walk.martlet("stop", with: ["gone"]).code == 0)
            // A removal asks the keeper to let go of things, and waits for its answer.
            let keeper = try await walk.keeper()
            defer { keeper.close() }
            kill(keeper.pid, SIGSTOP)
            defer { kill(keeper.pid, SIGCONT) }
            let down = try walk.start(["down"], ["gone"])
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await !Self.events(walk, "step").contains(where: { $0.reason.contains("remove") }) {
                try #require(ContinuousClock.now < deadline, "\(down.shown)")
                try await Task.sleep(for: .milliseconds(20))
            }
            let start = try await walk.martlet("start", with: ["gone"])
            #expect(start.code == 1 && start.output.contains("it is being removed"), "\(start)")
            kill(keeper.pid, SIGCONT)
            #expect(try await down.exit() == 0, "\(down.shown)")
            #expect(try await walk.pids().isEmpty)
            try await walk.end(agent)
        }
    }

    @Test func `an app goes down while one of its jobs runs`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let job =
                "{image: \"busybox:walk\", command: [sleep, \"1000\"], schedule: \"@yearly\", init: true}"
            try await walk.apply("name: busy\nx-jobs: {long: \(job)}")
            #expect(try await walk.martlet("jobs", "run", "busy", "long").code == 0)
            try await walk.run("busy", "long") { $0.startedAt != nil }
            // Both the app's removal and the end of the run take the layer away, which takes a moment.
            try Shell.run("cd \(walk.folder)/state/instances/busy-*/up && seq 20000 | xargs touch")
            try await walk.down("busy")
            let failures = try await Self.events(walk, "failed").map(\.reason)
            #expect(failures.allSatisfy { $0.hasPrefix("run 1 ") }, "\(failures)")
            try await walk.end(agent)
        }
    }
}
