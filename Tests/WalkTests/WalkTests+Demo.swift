// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    private struct Line: Decodable {
        var time: UInt64
        var app: String
        var service: String
        var line: String
    }

    @Test func `the example counts clicks, ends on Ctrl-C without a trace, and goes on counting`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importExample()
            let before = try walk.census()
            let run = try await walk.up(try walk.example(quick: false))
            let during = try walk.census()  // it must see what it is to miss later
            for kind in ["cgroup", "link", "process", "table"] {
                #expect(during.contains { $0.hasPrefix(kind) }, "\(during)")
            }
            for number in 1...3 { #expect(try walk.page() == "clicks: \(number)\n") }
            for service in ["web", "redis"] {
                #expect(try run.output().contains("clickme/\(service)/1 is healthy"))
            }
            let web = try await walk.logs("clickme/web")
            #expect(web.code == 0 && web.output.lowercased().contains("puma"), "\(web.output)")
            let json = try await walk.logs("--json", "clickme")
            let lines = try json.output.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(
                Set(lines.map(\.service)) == ["web", "redis"]
                    && lines.allSatisfy { $0.app == "clickme" && $0.time > 0 }
            )
            run.interrupt()
            #expect(try await run.exit() == 0)
            #expect(try walk.census() == before)

            let second = try await walk.up(try walk.example())
            #expect(try walk.page() == "clicks: 4\n")
            second.interrupt()
            #expect(try await second.exit() == 0)
        }
    }

    @Test func `ten kills and ten replacements of the keeper leave the example serving`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let run = try await walk.up(try walk.example())
            let pids = try await walk.pids()
            #expect(pids.count == 2)
            var clicks = 0
            for _ in 0..<10 {
                let keeper = try await walk.keeper()
                kill(keeper.pid, SIGKILL)
                while kill(keeper.pid, 0) == 0 { usleep(1_000) }
                clicks += 1
                #expect(try walk.page() == "clicks: \(clicks)\n")
                #expect(try await walk.pids() == pids)
            }
            for _ in 0..<10 {
                let keeper = try await walk.keeper()
                try await Self.replace(keeper)
                clicks += 1
                #expect(try walk.page() == "clicks: \(clicks)\n")
                #expect(try await walk.pids() == pids)
            }
            kill(try await walk.keeper().pid, SIGKILL)
            run.interrupt()  // before the next keeper serves
            let code = try await run.exit()
            #expect(code == 0, "\(run.shown)")
        }
    }

    /// A keeper refuses while it is making a process, as a health check may be.
    private static func replace(_ keeper: Keeper) async throws {
        while true {
            do {
                return try await keeper.reexec()
            } catch let error as ContainerError where error.cause == .errno(EBUSY) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test func `containers outlive the killed foreground, and the next one adopts them`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let first = try await walk.up(try walk.example())
            #expect(try walk.page() == "clicks: 1\n")
            let pids = try await walk.pids()
            first.kill()
            // Name queries wait for the next agent; an established connection needs none.
            #expect(try walk.page() == "clicks: 2\n")
            #expect(try await walk.pids() == pids)

            let second = try await walk.up(try walk.example())
            #expect(try await walk.pids() == pids)
            #expect(try walk.page() == "clicks: 3\n")
            let told = try second.output()
            for word in ["create", "replace", "start ", "stop ", "starts again"] {
                #expect(!told.contains("  \(word)"), "\(told)")
            }
            #expect(told.contains("clickme/web/1 is healthy"))
            second.interrupt()
            #expect(try await second.exit() == 0)
        }
    }

    @Test func `two agents side by side do not disturb each other, and one folder has one agent`()
        async throws
    {
        try await withWalk { one in
            try await withWalk { two in
                for walk in [one, two] { try await walk.importBusybox() }
                func text(_ walk: Walk) -> String {
                    """
                    name: same
                    x-martlet: { format: 1 }
                    services:
                      web:
                        image: busybox:walk
                        command: [httpd, -f, -p, "80", -h, /www]
                        ports: ["127.0.0.1:\(walk.port):80"]
                        init: true
                    """
                }
                let first = try await one.up(text(one))
                let second = try await two.up(text(two))
                #expect(try one.page() == "up\n")
                #expect(try two.page() == "up\n")
                let third = try await two.martlet("run", with: [try two.file(text(two))])
                #expect(
                    third.code == 1 && third.output.contains("another agent works here"),
                    "\(third.output)"
                )
                #expect(try two.page() == "up\n")
                first.interrupt()
                #expect(try await first.exit() == 0)
                #expect(try two.page() == "up\n")
                second.interrupt()
                #expect(try await second.exit() == 0)
            }
        }
    }
}
