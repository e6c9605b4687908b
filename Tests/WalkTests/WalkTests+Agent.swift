// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    private static let isSoak = getenv("MARTLET_SOAK") != nil

    @Test func `ten kills of the agent touch no container, no name and no log line`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(try walk.example())
            // About 25,000 lines a second, by 500, for as long as the marker file is not there.
            let script =
                "i=1; while [ ! -e /control/stop ]; do seq $$i $$((i+499)); i=$$((i+500)); usleep 15000; done; echo end $$i; sleep 1000"
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            try await walk.apply(
                """
                name: busy
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "\(script)"]
                    volumes: ["\(walk.folder)/control:/control:ro"]
                    stop_grace_period: 0s
                """
            )
            let pids = try await walk.pids()
            #expect(pids.count == 3)
            #expect(try walk.page() == "clicks: 1\n")  // it is connected from here on, and asks for no name
            let writer = try #require(pids.first { $0.key.contains("writer") })
            var adoptions: [Duration] = []
            let begin = ContinuousClock.now
            for round in 1...10 {
                try await Task.sleep(for: .milliseconds(Self.isSoak ? 2_000 : 500))
                agent.kill()
                #expect(try walk.page() == "clicks: \(2 * round)\n")
                // A query that is asked while no agent is there is answered by the next one.
                let asked = try ForegroundRun(
                    ["/usr/bin/nsenter", "-m", "-n", "-t", "\(writer.value)", "/bin/nslookup", "writer"],
                    output: "\(walk.folder)/name.\(round)"
                )
                let dead = ContinuousClock.now
                agent = try await walk.agent()
                adoptions.append(ContinuousClock.now - dead)
                let running = try await walk.instances().filter { $0.state == "running" }
                #expect(running.count == 3)
                #expect(Dictionary(uniqueKeysWithValues: running.map { ($0.id, $0.pid ?? -1) }) == pids)
                #expect(try await walk.pids() == pids)
                #expect(try walk.page() == "clicks: \(2 * round + 1)\n")
                _ = try await asked.exit()
                #expect(try asked.output().contains("Name:\twriter"), "\(asked.shown)")
            }
            try Shell.run("touch \(walk.folder)/control/stop")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await !walk.martlet("logs", with: ["--tail", "1", "busy"]).output.contains("end ") {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(50))
            }
            let time = ContinuousClock.now - begin
            #expect(
                try await walk.martlet("logs", with: ["--until", "1970-01-01T00:00:01Z", "busy"]).output == ""
            )
            let last = try await walk.martlet("logs", with: ["--since", "10m", "--grep", "^end ", "busy"])
                .output
            #expect(last.contains("end ") && last.split(separator: "\n").count == 1, "\(last)")
            let lines = try await walk.lines("busy/writer")
            let end = try #require(lines.last)
            let count = try #require(Int(end.dropFirst(4))) - 1
            #expect(lines.count == count + 1)
            let wrong = zip(lines, 1...).first { $0.0 != "\($0.1)" && $0.0 != end }
            #expect(wrong == nil, "\(String(describing: wrong))")
            print(
                "agent killed ten times: \(count) lines in \(time), each once and in order; the next one had adopted after \(adoptions.max() ?? .zero) at most"
            )
            try await walk.down("busy", "clickme")
            try await walk.end(agent)
        }
    }

    @Test func `applying the same file changes no process`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let agent = try await walk.agent()
            try await walk.apply(try walk.example())
            let pids = try await walk.pids()
            let path = try walk.file(try walk.example())
            let rounds = Self.isSoak ? 1_000 : 100
            var times: [Duration] = []
            for _ in 0..<rounds {
                let begin = ContinuousClock.now
                let result = try await walk.martlet("apply", with: [path])
                times.append(ContinuousClock.now - begin)
                #expect(result.code == 0, "\(result.output)")
            }
            #expect(try await walk.pids() == pids)
            let all = try await walk.instances()
            #expect(all.allSatisfy { $0.restarts == 0 && $0.generation == 1 })
            print("apply of the same file, \(rounds) times: median \(times.sorted()[rounds / 2]) a command")
            let body = try walk.example()
            let client = ControlClient(runtime: "\(walk.folder)/run")
            var replies: [Duration] = []
            for _ in 0..<rounds {
                let begin = ContinuousClock.now
                let request = ControlRequest(.put, "apps", "clickme", body: Array(body.utf8))
                let reply: ApplyProgress = try await client.send(request)
                replies.append(ContinuousClock.now - begin)
                #expect(reply.kind == .accepted && reply.generation == 1)
            }
            #expect(try await walk.pids() == pids)
            print("the same over the socket: median \(replies.sorted()[rounds / 2]) from request to reply")
            try await walk.down("clickme")
            try await walk.end(agent)
        }
    }

    @Test func `three hundred damaged files change nothing and are refused by place`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let agent = try await walk.agent()
            let good = try walk.example()
            try await walk.apply(good)
            let pids = try await walk.pids()
            var files = DamagedFile(good, seed: 4_711)
            var refused = 0
            var stillGood = 0
            while refused < 300 {
                let path = try walk.file("")
                let bytes = files.next()
                try Descriptor.open(path, O_TRUNC | O_WRONLY).write(bytes)
                // Noise may hit a comment, or make another desired state that is good: not what is asked here.
                let check = try await walk.martlet("plan", with: [path])
                if check.code == 0 {
                    stillGood += 1
                    continue
                }
                let result = try await walk.martlet("apply", with: ["--wait", path])
                #expect(result.code == 1 || result.code == 2, "\(result.output)")
                let first = result.output.split(separator: "\n").first ?? ""
                #expect(
                    first.wholeMatch(of: /martlet: (.+):([1-9][0-9]*):([1-9][0-9]*): .+/)?.1 == path[...],
                    "\(result.output)\n\(String(decoding: bytes, as: UTF8.self))"
                )
                refused += 1
            }
            #expect(try await walk.pids() == pids)
            let all = try await walk.instances()
            #expect(all.count == 2 && all.allSatisfy { $0.restarts == 0 && $0.generation == 1 })
            #expect(try walk.page() == "clicks: 1\n")
            print("300 damaged files refused by place, \(stillGood) more were good still")
            try await walk.down("clickme")
            try await walk.end(agent)
        }
    }

    @Test func `many idle containers start, are adopted and stop, and nothing is left`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let before = try walk.census()
            let count = Self.isSoak ? 500 : 100
            // Nothing of ours runs inside; a network of its own each, for neither holds more than 253 addresses.
            let service = """
                image: "busybox:walk", command: [sleep, "100000"], stop_signal: SIGKILL, deploy: { replicas: \(count / 2) }
                """
            let text = """
                name: many
                services:
                  one: { \(service), networks: [one] }
                  two: { \(service), networks: [two], depends_on: [one] }
                networks: { one: {}, two: {} }
                """
            var agent = try await walk.agent()
            let empty = try walk.ownUse()
            let clock = ContinuousClock()
            let start = try await clock.measure { try await walk.apply(text) }
            let pids = try await walk.pids()
            #expect(pids.count == count)
            let full = try walk.ownUse()
            #expect(full.processes == empty.processes)
            // The pools have their threads by now, but there is not one for each container.
            #expect(full.threads < empty.threads + 32)
            agent.kill()
            let adoption = try await clock.measure { agent = try await walk.agent() }
            #expect(try await walk.pids() == pids)
            #expect(try await walk.instances().count { $0.state == "running" } == count)
            let orderly = try await clock.measure {
                try await walk.end(agent)
                agent = try await walk.agent()
            }
            #expect(try await walk.pids() == pids)
            let stop = try await clock.measure { try await walk.down("many") }
            try await walk.end(agent)
            #expect(try walk.census() == before)
            print(
                """
                \(count) containers: start \(start), adoption after a kill \(adoption), agent restart \(orderly), \
                stop \(stop); of ours \((full.memory - empty.memory) / count) KiB (PSS) a container, \
                \(full.threads) threads where \(empty.threads) were
                """
            )
        }
    }

    @Test func `damage to the records restarts nothing and is repaired`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(
                """
                name: twenty
                services:
                  one: { image: "busybox:walk", command: [sleep, "100000"], init: true, deploy: { replicas: 20 } }
                """
            )
            let pids = try await walk.pids()
            #expect(pids.count == 20)
            let good = try await walk.martlet("status", with: ["--json"]).output
            let database = "\(walk.folder)/state/agent.db"
            var generator = SeededGenerator(seed: 20_260_101)
            var repairs: [Duration] = []
            let rounds = Self.isSoak ? 200 : 40
            for round in 0..<rounds {
                let whileDown = round % 4 == 3  // three times out of four the agent has it open
                if whileDown { agent.kill() }
                try Self.damage(database, &generator)
                let damaged = ContinuousClock.now
                if whileDown { agent = try await walk.agent() }
                let deadline = damaged + ForegroundRun.patience
                while try Shell.run("sqlite3 -readonly \(database) 'PRAGMA integrity_check' 2>&1 || true")
                    != "ok\n"
                    || Shell.run("sqlite3 -readonly \(database) \(Self.question) 2>&1 || true") != "twenty\n"
                {
                    try #require(ContinuousClock.now < deadline, "round \(round)")
                    try await Task.sleep(for: .milliseconds(20))
                }
                repairs.append(ContinuousClock.now - damaged)
                #expect(try await walk.pids() == pids, "round \(round)")
            }
            let all = try await walk.instances()
            #expect(all.count == 20 && all.allSatisfy { $0.restarts == 0 && $0.state == "running" })
            let now = try await walk.martlet("status", with: ["--json"]).output
            #expect(Self.withoutPid(now) == Self.withoutPid(good))
            print(
                "\(rounds) kinds of damage to agent.db: right again after \(repairs.max() ?? .zero) at most"
            )
            try await walk.down("twenty")
            try await walk.end(agent)
        }
    }

    private static let question = "'SELECT DISTINCT app FROM record'"

    private static func withoutPid(_ text: String) -> String { text.replacing(/"pid":\d+/, with: "") }

    private static func damage(_ path: String, _ generator: inout SeededGenerator) throws {
        let size = Int(try Shell.run("stat -c %s \(path)").dropLast()) ?? 0
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: try Shell.run("rm -f \(path)")
        case 1:
            try Shell.run("truncate -s \(Int.random(in: 0...size, using: &generator)) \(path)")
        case 2: try Shell.run("head -c 20000 /dev/urandom >\(path)")
        default:
            for _ in 0..<Int.random(in: 1...64, using: &generator) {
                let offset = Int.random(in: 0..<max(size, 1), using: &generator)
                let byte = String(UInt8.random(in: 0...255, using: &generator), radix: 8)
                try Shell.run(
                    "printf '\\\(byte)' | dd of=\(path) bs=1 seek=\(offset) conv=notrunc status=none"
                )
            }
        }
    }
}
