// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    /// So many desired states each of the clients pushes.
    private static let pushes = getenv("MARTLET_SOAK") == nil ? 20 : 100
    private static let clients = 8

    private static func leveled(_ name: String, _ level: Int) -> String {
        """
        name: \(name)
        services:
          one:
            image: busybox:walk
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            environment: { LEVEL: "\(level)" }
            deploy: { update_config: { monitor: 1ms }, rollback_config: { monitor: 1ms } }
        """
    }

    /// What the running container of an app was given; nil if none runs, or more than one.
    private static func level(_ walk: Walk, _ app: String) async throws -> Int? {
        let all = try await walk.pids().filter { $0.key.hasPrefix("\(app)-") }
        guard all.count == 1, let pid = all.first?.value else { return nil }
        guard let bytes = try? Descriptor.open("/proc/\(pid)/environ", O_RDONLY).readAll(limit: 65_536) else {
            return nil  // it has just ended
        }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
        return words.first { $0.hasPrefix("LEVEL=") }.flatMap { Int($0.dropFirst(6)) }
    }

    @Test func `eight clients, a repository and a directory at once make one line of generations an app`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try Shell.run(
                """
                chmod 711 \(walk.folder)  # git is run by nobody
                cd \(walk.folder); umask 022; mkdir apps.d clone; git init -q --bare -b main nodes.git
                git -C clone init -q -b main
                """
            )
            let node = try walk.file(
                """
                format: 1
                sources:
                  - { name: files, dir: { path: \(walk.folder)/apps.d }, every: 1s }
                  - { name: repo, git: { url: "file://\(walk.folder)/nodes.git" }, every: 1s }
                """,
                "node.yaml"
            )
            try write(walk, 0)
            let agent = try await walk.agent(["--node", node])
            let events = try walk.start(["events"], ["--json", "--since", "1h"])

            // Whose the apps are is known when they have been read.
            try await Self.rest(walk, agent)
            // Which level became which generation, as each client was told.
            let told = try await withThrowingTaskGroup(of: [(generation: Int, level: Int)].self) { group in
                for client in 0..<Self.clients { group.addTask { try await Self.push(walk, client) } }
                group.addTask {
                    for round in 1...Self.pushes / 4 {
                        try Self.write(walk, round)
                        try await Task.sleep(for: .milliseconds(150))
                    }
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(told.count == Self.clients * Self.pushes)
            let last = try #require(told.max { $0.generation < $1.generation })
            let ends = ["pushed": last.level, "filed": Self.pushes / 4, "stored": Self.pushes / 4]
            for (app, level) in ends {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await Self.level(walk, app) != level {
                    try #require(ContinuousClock.now < deadline, "\(app) is not \(level): \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await Self.rest(walk, agent)
            let all = try await walk.instances()
            #expect(
                all.first { $0.app == "pushed" }?.generation == last.generation && all.count == 3,
                "\(all)"
            )

            try await events.wait(for: #""kind":"converged""#)
            events.interrupt()
            _ = try await events.exit()
            try Self.checkLine(try events.output(), last: last.generation)
            for source in ["filed", "stored"] { try Shell.run("rm -f \(walk.folder)/apps.d/\(source).yaml") }
            try await walk.end(agent)
            let next = try await walk.agent()
            try await walk.down("pushed", "filed", "stored")
            try await walk.end(next)
        }
    }

    private func write(_ walk: Walk, _ level: Int) throws { try Self.write(walk, level) }

    /// Makes both sources say a level.
    private static func write(_ walk: Walk, _ level: Int) throws {
        let path = try walk.file(leveled("filed", level), "filed.new")
        try check("rename", path, rename(path, "\(walk.folder)/apps.d/filed.yaml"))
        _ = try walk.file(leveled("stored", level), "clone/stored.yaml")
        try Shell.run(
            """
            umask 022; cd \(walk.folder)/clone && git add -A &&
                git -c user.name=a -c user.email=a@b commit -q -m \(level) && git push -q ../nodes.git main
            """
        )
    }

    /// Pushes one desired state after another, each without waiting for the end of its rollout.
    private static func push(_ walk: Walk, _ client: Int) async throws -> [(generation: Int, level: Int)] {
        var told: [(generation: Int, level: Int)] = []
        for round in 0..<pushes {
            let level = 1_000 * (client + 1) + round
            let path = try walk.file(leveled("pushed", level), "pushed.\(client).yaml")
            let result = try await walk.martlet("apply", with: ["--json", path])
            try #require(result.code == 0, "\(result.output)")
            let lines = result.output.split(separator: "\n")
            let progress = try lines.map { try JSONDecoder().decode(ApplyProgress.self, from: Data($0.utf8)) }
            told.append((try #require(progress.first { $0.kind == .accepted }).generation, level))
            // What a source says is not a client's to change.
            if round % 10 == 0 {
                let file = try walk.file(leveled("filed", level), "filed.\(client).yaml")
                let refused = try await walk.martlet("apply", with: [file])
                #expect(refused.code == 1 && refused.output.contains("says what it is"), "\(refused.output)")
            }
        }
        return told
    }

    private static func rest(_ walk: Walk, _ agent: ForegroundRun) async throws {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            let result = try await walk.martlet("status", with: ["--json"])
            let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
            let isRead = status.sources.allSatisfy { $0.state == "synced" }
            if isRead, status.apps.allSatisfy({ $0.state == "converged" }) { return }
            try #require(ContinuousClock.now < deadline, "\(agent.shown)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Each app's generations were accepted in the order of their numbers, none twice and none left out; and never was
    /// a container started while another of the same place ran, as two rollouts at once would.
    private static func checkLine(_ output: String, last: Int) throws {
        let events = try output.split(separator: "\n").map {
            try JSONDecoder().decode(EventRecord.self, from: Data($0.utf8))
        }
        for app in ["pushed", "filed", "stored"] {
            let own = events.filter { $0.app == app }
            let numbers = own.filter { $0.kind == "accepted" }.compactMap { event in
                event.reason.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            }
            #expect(numbers == Array(1...max(1, numbers.count)), "\(app)")
            if app == "pushed" { #expect(numbers.count == last) }
            var running = 0
            for event in own {
                if event.kind == "started" { running += 1 }
                if event.kind == "exited" { running -= 1 }
                #expect((0...1).contains(running), "\(app): \(event)")
            }
        }
    }
}
