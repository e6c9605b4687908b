// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `after a reboot everything comes back by itself, but for what was stopped`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let file = try walk.file(
                """
                name: back
                services:
                  always: { image: "busybox:walk", command: [httpd, -f, -p, "80", -h, /www], init: true, restart: always, ports: ["127.0.0.1:\(walk.port):80"] }
                  stopped: { image: "busybox:walk", command: [sleep, "100000"], init: true, restart: unless-stopped }
                  paused: { image: "busybox:walk", command: [sleep, "100000"], init: true, restart: always }
                """
            )
            #expect(try await walk.martlet("apply", with: ["--wait", file]).code == 0)
            for service in ["stopped", "paused"] {
                #expect(try await walk.martlet("stop", with: ["back/\(service)"]).code == 0)
            }
            #expect(try await walk.instances().map(\.state).sorted() == ["running", "stopped", "stopped"])
            // A machine that goes down takes all processes along, and what is in /run.
            let keeper = try await walk.keeper()
            keeper.close()
            agent.kill()
            kill(keeper.pid, SIGKILL)
            for pid in try await walk.groupPids() { kill(pid, SIGKILL) }
            try Shell.run("rm -rf \(walk.folder)/run")
            agent = try await walk.agent()
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.instances().count(where: { $0.state == "running" }) < 2 {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            let states = try await walk.instances().reduce(into: [:]) { $0[$1.service] = $1.state }
            #expect(states == ["always": "running", "stopped": "created", "paused": "running"])
            #expect(try walk.page() == "up\n")
            try await walk.down("back")
            try await walk.end(agent)
        }
    }

    @Test func `exec gives output, input, status and place`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            try await walk.apply(
                """
                name: inside
                services:
                  one: { image: "busybox:walk", command: [sleep, "100000"], init: true, environment: { FROM: file } }
                """
            )
            func exec(_ arguments: String...) async throws -> (code: Int32, output: String) {
                try await walk.martlet("exec", with: arguments)
            }
            #expect(try await exec("inside/one", "--", "sh", "-c", "echo $FROM; exit 7") == (7, "file\n"))
            #expect(
                try await exec("-e", "FROM=user", "inside/one", "--", "sh", "-c", "echo $FROM") == (
                    0, "user\n"
                )
            )
            #expect(try await exec("-w", "/tmp", "inside/one/1", "--", "pwd") == (0, "/tmp\n"))
            #expect(
                try await exec("-u", "7:8", "inside/one", "--", "sh", "-c", "id -u; id -g") == (0, "7\n8\n")
            )
            #expect(try await exec("inside/one", "--", "sh", "-c", "kill -9 $$").code == 137)
            #expect(try await exec("inside/one", "--", "no-such-program").code == 127)
            #expect(try await exec("inside/two", "--", "true").code == 1)
            let much = try await exec("inside/one", "--", "sh", "-c", "seq 200000")
            #expect(much.code == 0 && much.output.hasSuffix("\n200000\n"))
            let command =
                "seq 100000 | \(Walk.martlet) exec -i --runtime-dir \(walk.folder)/run inside/one -- md5sum"
            #expect(try Shell.run(command) == Shell.run("seq 100000 | md5sum"))
            // What is still under way ends with the agent, and nothing is left.
            let hanging = try walk.start(["exec"], ["inside/one", "--", "sleep", "5000"])
            try await Task.sleep(for: .milliseconds(500))
            try await walk.down("inside")
            _ = try await hanging.exit()
            try await walk.end(agent)
        }
    }
}
