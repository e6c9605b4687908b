// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    /// The row of the click counter: ten thousand requests while everything happens to it that may.
    @Test func `the click counter survives kills, a new generation and a broken one under load`() async throws
    {
        try await withWalk { walk in
            try await walk.importExample()
            var agent = try await walk.agent()
            let first = try walk.example()
            try await walk.apply(first)
            #expect(try walk.page() == "clicks: 1\n")

            // Redis is killed: it comes back by itself, with its data. Its clients wait or fail, so no load yet.
            let redis = try #require(try await walk.pids().first { $0.key.contains("redis") })
            kill(redis.value, SIGKILL)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.pids().first(where: { $0.key == redis.key })?.value ?? redis.value
                == redis.value
            {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            while try await walk.instances().contains(where: { $0.health != "healthy" }) {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            let count = try #require(Int(try walk.page().dropFirst(8).dropLast()))
            #expect(count >= 2)

            let load = try RequestLoad(port: walk.port) { $0.contains("200 OK") && $0.contains("clicks: ") }
            let begin = ContinuousClock.now
            agent.kill()
            let answered = load.answered
            while load.answered < answered + 100 { try await Task.sleep(for: .milliseconds(10)) }
            agent = try await walk.agent()

            let web = try #require(try await walk.instances().first { $0.service == "web" })
            try await walk.apply(first.replacing("REDIS_URL:", with: "NEWER: \"2\"\n      REDIS_URL:"))
            let next = try #require(try await walk.instances().first { $0.service == "web" })
            #expect(next.id != web.id && next.generation == 2)

            let broken = first.replacing(
                "    read_only: true\n    tmpfs: [\"/tmp:size=16m,mode=1777\"]\n    cap_drop: [ALL]\n    environment:",
                with: "    command: [ruby, -e, \"puts 'no such table'; exit 3\"]\n    environment:"
            )
            try #require(broken != first)
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(broken)])
            #expect(failed.code == 1 && failed.output.contains("generation 2 runs again"), "\(failed.output)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("rolled-back  clickme/web/1"), "\(events)")
            #expect(events.contains("\n    | no such table\n"), "\(events)")
            let kept = try #require(try await walk.instances().first { $0.service == "web" })
            #expect(kept.id == next.id && kept.pid == next.pid)

            try await load.end(after: 10_000)
            let time = ContinuousClock.now - begin
            #expect(load.failures == [])
            let total = load.answered
            #expect(try walk.page() == "clicks: \(count + total + 1)\n")
            print("\(total) clicks in \(time), \(load.failures.count) failed, each counted once")
            try await walk.down("clickme")
            try await walk.end(agent)
        }
    }
}
