// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// What `x-martlet.logs` makes of lines.
extension WalkTests {
    @Test func `a secret that a container prints is in no log, whoever captures it and whatever is changed`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let secret = "s3cret/\(UInt64.random(in: 1...UInt64.max))+x", next = "next-\(secret)"
            let file = try walk.file(secret, "password")
            func text(_ logs: String) -> String {
                """
                name: talk
                services:
                  web:
                    image: busybox:walk
                    init: true
                    command: [sh, -c, "i=0; while :; do i=$$((i+1)); s=$$(cat /run/secrets/password); printf \\"$$i a $$s b $${s%??????}\\"; sleep 0.02; printf \\"$${s#$${s%??????}} $$(printf %s $$s | base64)\\\\ncard 1234-$$i\\\\n\\"; sleep 0.02; done"]
                    secrets: [password]
                    x-martlet: { on_change: { password: none }, logs: \(logs) }
                secrets:
                  password: { file: \(file) }
                """
            }
            func until(_ what: String, _ isThere: ([Substring]) -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while true {
                    let lines = try await walk.lines("talk/web")
                    if isThere(lines) { return }
                    try #require(ContinuousClock.now < deadline, "\(what): \(lines.suffix(4))")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            func redacted(_ lines: [Substring]) -> Int {
                lines.count {
                    $0.contains(" a [redacted:password] b [redacted:password] [redacted:password]")
                }
            }
            var agent = try await walk.agent()
            try await walk.apply(text("{}"))
            let pids = try await walk.pids()
            try await until("the secret is replaced") { redacted($0) > 5 }
            try await until("what is no secret is there") { $0.contains { $0.hasPrefix("card 1234-") } }

            // What is done with lines changes while it runs, and the plan names it.
            let changed = text("{ redact: ['[0-9]{4}-[0-9]+'] }")
            let plan = try await walk.martlet("plan", with: [try walk.file(changed)])
            #expect(plan.output.contains("change logging of talk/web/1 in place"), "\(plan.output)")
            #expect(plan.output.contains("services.web.x-martlet.logs.redact changed"), "\(plan.output)")
            try await walk.apply(changed)
            #expect(try await walk.pids() == pids)
            try await until("the pattern is replaced") { $0.contains("card [redacted]") }
            let before = try await walk.lines("talk/web").count

            // An agent that comes later does the same.
            agent.kill()
            _ = try await agent.exit()
            try await Task.sleep(for: .milliseconds(300))
            agent = try await walk.agent()
            #expect(try await walk.pids() == pids)
            try await until("it goes on") {
                $0.count > before + 10 && !$0.suffix(5).contains { $0.hasPrefix("card 1") }
            }

            // A new content is kept out as well, and the old one still.
            _ = try walk.file(next, "password")
            try await walk.apply(changed)
            #expect(try await walk.pids() == pids)
            let count = redacted(try await walk.lines("talk/web"))
            try await until("the new one is replaced") { redacted($0) > count + 5 }

            let found = try Shell.run(
                "grep -rlaF -e '\(secret)' -e \"$(printf %s '\(secret)' | base64)\" --exclude=password \(walk.folder) || true"
            )
            #expect(found.isEmpty, "\(found)")
            let lines = try await walk.lines("talk/web")
            let numbers = lines.compactMap { $0.contains(" a ") ? Int($0.prefix { $0 != " " }) : nil }
            #expect(numbers == Array(1...numbers.count))
            try await walk.down("talk")
            try await walk.end(agent)
        }
    }
}
