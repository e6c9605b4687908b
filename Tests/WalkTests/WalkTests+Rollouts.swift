// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `an agent killed anywhere in a rollout ends with one whole generation`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            try await walk.apply(Self.pages(walk))
            let load = try RequestLoad(port: walk.port, clients: 1) { $0.hasSuffix("up\n") }
            let rounds = getenv("MARTLET_SOAK") == nil ? 8 : 60
            for round in 0..<rounds {
                let isBad = round % 2 == 1
                let text = Self.pages(
                    walk,
                    web: isBad ? "usleep 400000; exit 5" : "exec httpd -f -p 80 -h /www",
                    level: round + 2
                )
                #expect(try await walk.martlet("apply", with: [try walk.file(text)]).code == 0)
                try await Task.sleep(for: .milliseconds(round * 643 % 1_100))
                agent.kill()
                agent = try await walk.agent()
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await Self.pagesState(walk).state != "converged" {
                    try #require(ContinuousClock.now < deadline, "round \(round): \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
                let history = try await Self.history(walk)
                let current = try #require(history.first { $0.result == "current" })
                #expect(history.first?.result == (isBad ? "rolled-back" : "current"), "round \(round)")
                let all = try await walk.instances()
                #expect(all.count == 2, "round \(round): \(all)")
                #expect(
                    all.allSatisfy { $0.generation == current.number && $0.state == "running" },
                    "round \(round): \(all)"
                )
                let level = try await walk.martlet("exec", with: ["pages/back", "--", "env"]).output
                #expect(
                    level.contains("LEVEL=\(isBad ? round + 1 : round + 2)\n"),
                    "round \(round): \(level)"
                )
            }
            try await load.end(after: 100)
            #expect(load.failures == [])
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `ports lead where they did while an agent comes that finds others ended`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            var agent = try await walk.agent()
            let others = """
                  others: { image: "busybox:walk", restart: always, command: [sleep, "100000"], deploy: { replicas: 3 } }
                """
            try await walk.apply(Self.pages(walk, more: others))
            let load = try RequestLoad(port: walk.port, clients: 2) { $0.hasSuffix("up\n") }
            for _ in 0..<3 {
                agent.kill()
                // Their interfaces stay for as long as the namespaces, as they do for a moment without us.
                let ended = try await walk.pids().filter { $0.key.hasPrefix("pages-others") }
                let namespaces = try ended.values.map { try Descriptor.open("/proc/\($0)/ns/net", O_RDONLY) }
                defer { withExtendedLifetime(namespaces) {} }
                for pid in ended.values { kill(pid, SIGKILL) }
                agent = try await walk.agent()
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await walk.pids().count < 5 {
                    try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await load.end(after: 100)
            #expect(load.failures == [])
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `replicas behind one port are replaced together, and no request is lost`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            func text(_ level: Int) -> String {
                Self.pages(walk, level: level, policy: ", parallelism: 0").replacing(
                    "deploy: { update_config: { order: start-first",
                    with: "deploy: { replicas: 3, update_config: { order: start-first"
                )
            }
            try await walk.apply(text(1))
            let load = try RequestLoad(port: walk.port) { $0.hasSuffix("up\n") }
            let before = Set(try await walk.instances().map(\.id))
            try await walk.apply(text(2))
            try await load.end(after: 300)
            #expect(load.failures == [])
            let after = try await walk.instances()
            #expect(after.count == 4 && after.allSatisfy { $0.generation == 2 && $0.state == "running" })
            #expect(before.isDisjoint(with: after.map(\.id)))
            try await walk.down("pages")
            try await walk.end(agent)
        }
    }

    @Test func `a name leads to what is ready`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let file = try walk.file(
                """
                name: ready
                services:
                  slow:
                    image: busybox:walk
                    init: true
                    command: [sleep, "100000"]
                    healthcheck: { test: [CMD, test, -e, /tmp/ok], interval: 50ms, timeout: 20s, retries: 1000 }
                  asks: { image: "busybox:walk", init: true, command: [sleep, "100000"] }
                """
            )
            #expect(try await walk.martlet("apply", with: [file]).code == 0)
            func exec(_ service: String, _ line: String) async throws -> Int32 {
                try await walk.martlet("exec", with: ["ready/\(service)", "--", "sh", "-c", line]).code
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.instances().count(where: { $0.state == "running" }) < 2 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await exec("asks", "nslookup asks. | grep -q Name:") == 0)
            #expect(try await exec("asks", "nslookup slow. | grep -q Name:") == 1)
            #expect(try await exec("slow", "touch /tmp/ok") == 0)
            while try await exec("asks", "nslookup slow. | grep -q Name:") != 0 {
                try #require(ContinuousClock.now < deadline)
            }
            try await walk.down("ready")
            try await walk.end(agent)
        }
    }

    @Test func `who depends on what crashed is started again where the file says so`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let service = #"image: "busybox:walk", init: true, command: [sleep, "100000"], restart: always"#
            try await walk.apply(
                """
                name: chain
                services:
                  one: { \(service), healthcheck: { test: [CMD, "true"], interval: 100ms, timeout: 20s } }
                  two: { \(service), depends_on: { one: { condition: service_healthy, restart: true } } }
                  three: { \(service), depends_on: { two: { condition: service_started, restart: true } } }
                  four: { \(service), depends_on: [one] }
                """
            )
            let before = try await walk.pids()
            let one = try #require(before.first { $0.key.contains("one") })
            kill(one.value, SIGKILL)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            var after = before
            while after.count != 4
                || after.contains(where: { !$0.key.contains("four") && before[$0.key] == $0.value })
            {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
                after = try await walk.pids()
            }
            #expect(after.keys.sorted() == before.keys.sorted())
            #expect(after.filter { $0.key.contains("four") } == before.filter { $0.key.contains("four") })
            try await walk.down("chain")
            try await walk.end(agent)
        }
    }
}
