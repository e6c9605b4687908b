// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `secrets and configs reach the container and no disk`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let secrets = "/dev/shm/martlet-\(walk.owner)"
            try Shell.run("mkdir -m 700 \(secrets) && echo opensesame-1 >\(secrets)/db")
            defer { _ = try? Shell.run("rm -rf \(secrets)") }  // a test that failed has told more already
            _ = try walk.file("level = 1\n", "app.conf")
            let text = """
                name: files
                services:
                  reader:
                    image: busybox:walk
                    user: "1000:1000"
                    read_only: true
                    command: [sh, -c, "stat -c '%n %u:%g %a' /run/secrets/* /app.conf /etc/motd; cat /run/secrets/db /run/secrets/own; wc -c </run/secrets/db; cat /app.conf /etc/motd; sleep 1000"]
                    init: true
                    secrets:
                      - db
                      - { source: db, target: own, uid: "1000", gid: "1000", mode: 0400 }
                    configs:
                      - app.conf
                      - { source: motd, target: /etc/motd, mode: 0440, gid: "1000" }
                configs:
                  app.conf: { file: ./app.conf }
                  motd: { content: "hello $${USER}\\n" }
                secrets:
                  db: { file: \(secrets)/db }
                """
            try await walk.apply(text)
            func shown() async throws -> [String] {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let lines = try await walk.lines("files/reader")
                    if lines.last == "hello ${USER}" { return lines.suffix(9).map(String.init) }
                    try #require(ContinuousClock.now < deadline, "\(lines)")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(
                try await shown() == [
                    "/run/secrets/db 0:0 444", "/run/secrets/own 1000:1000 400", "/app.conf 0:0 444",
                    "/etc/motd 0:1000 440", "[redacted:db]", "[redacted:db]", "13", "level = 1",
                    "hello ${USER}",
                ]
            )
            let first = try await walk.pids()

            // Not even what it printed itself is on the disk.
            let held = "grep -rl opensesame \(walk.folder) || true"
            #expect(try Shell.run(held) == "")
            let told = try await walk.martlet("events", with: ["--json", "--since", "1h", "--no-follow"])
                .output
            #expect(told.contains("started") && !told.contains("opensesame"))

            // The same text changes nothing, a changed secret or config makes a new container.
            try await walk.apply(text)
            #expect(try await walk.pids() == first)
            try Shell.run("echo opensesame-22 >\(secrets)/db")
            let secret = try await walk.martlet("plan", with: [try walk.file(text)])
            #expect(secret.output.contains("secrets.db.content changed"), "\(secret.output)")
            try await walk.apply(text)
            #expect(try await shown().contains("14"))
            let second = try await walk.pids()
            #expect(second.keys != first.keys)
            _ = try walk.file("level = 2\n", "app.conf")
            let plan = try await walk.martlet("plan", with: [try walk.file(text)])
            #expect(plan.output.contains("configs.app.conf.content changed"), "\(plan.output)")
            #expect(!plan.output.contains("secrets.db"), "\(plan.output)")
            try await walk.apply(text)
            #expect(try await shown().contains("level = 2"))
            #expect(try await walk.pids().keys != second.keys)
            // Without the key that tells contents apart nothing is known to have changed.
            let third = try await walk.pids()
            kill(agent.pid, SIGKILL)
            _ = try await agent.exit()
            try Shell.run("rm \(walk.folder)/run/secret.key")
            let next = try await walk.agent()
            try await walk.apply(text)
            #expect(try await walk.pids() == third)

            try Shell.run("rm \(secrets)/db")
            let late = try await walk.martlet("restart", with: ["files"])
            #expect(late.code == 1 && late.output.contains("\(secrets)/db does not exist"), "\(late.output)")
            try await walk.down("files")
            try await walk.end(next)
        }
    }
}
