// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    /// A container that ends with 5 once a file is there, if its level is more than 1.
    private static func tried(_ walk: Walk, _ level: Int, restart: String) -> String {
        """
        name: pages
        services:
          one:
            image: busybox:walk
            init: true
            command: [sh, -c, "while [ $$LEVEL = 1 ] || [ ! -e /control/go ]; do usleep 20000; done; exit 5"]
            environment: { LEVEL: "\(level)" }
            volumes: ["\(walk.folder)/control:/control:ro"]
            restart: \(restart)
            deploy: { update_config: { monitor: 60s } }
        """
    }

    @Test func `a trial goes on where the agent was killed`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            var agent = try await walk.agent()
            // It ends before the next agent comes, or after.
            for (isBefore, restart) in [(false, "always"), (true, "always"), (true, "\"no\"")] {
                try Shell.run("rm -f \(walk.folder)/control/go")
                try await walk.apply(Self.tried(walk, 1, restart: restart))
                let file = try walk.file(Self.tried(walk, 2, restart: restart), "second.yaml")
                #expect(try await walk.martlet("apply", with: [file]).code == 0)
                let old = try await walk.instances().map(\.generation)
                let deadline = ContinuousClock.now + ForegroundRun.patience
                var pid: Int32?
                while pid == nil {
                    try #require(ContinuousClock.now < deadline, "\(old) \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(20))
                    let level = try await walk.martlet("exec", with: ["pages/one", "--", "env"])
                    guard level.output.contains("LEVEL=2\n") else { continue }
                    pid = try await walk.instances().first { $0.state == "running" }?.pid
                }
                agent.kill()
                if isBefore {
                    try Shell.run("touch \(walk.folder)/control/go")
                    while kill(try #require(pid), 0) == 0 {
                        try #require(ContinuousClock.now < deadline)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                agent = try await walk.agent()
                try Shell.run("touch \(walk.folder)/control/go")
                while try await Self.history(walk).first?.result == "rolling" {
                    try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(try await Self.history(walk).first?.result == "rolled-back", "\(agent.shown)")
                #expect(try await Self.history(walk).first?.reason == "pages/one/1 exited 5")
                try await walk.down("pages")
            }
            try await walk.end(agent)
        }
    }

    @Test func `a mixed app starts again what ended while no agent ran`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let policy = ", failure_action: continue"
            try await walk.apply(Self.pages(walk, policy: policy))
            let file = try walk.file(Self.pages(walk, web: "exit 4", level: 2, policy: policy), "second.yaml")
            #expect(try await walk.martlet("apply", with: ["--wait", file]).code == 1)
            #expect(try await Self.pagesState(walk).state == "mixed")
            agent.kill()
            for pid in try await walk.pids().values { kill(pid, SIGKILL) }
            agent = try await walk.agent()
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.instances().contains(where: { $0.state != "running" }) {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try walk.page() == "up\n")
            #expect(try await Self.pagesState(walk).state == "mixed")
            #expect(try await walk.instances().map(\.restarts) == [1, 1])
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }
}
