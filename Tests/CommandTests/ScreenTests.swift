// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

/// What only a terminal is shown.
@Suite struct ScreenTests {
    @Test func `an apply is one line that is redrawn and erased`() async throws {
        let told = ApplyTests.steps + [ApplyTests.progress(.converged, 2)]
        try await withFakeAgent(answer: { try $0.answer(lines(told)) }) { agent in
            let seen = try Screen().run("apply --wait \(ApplyTests.file)", agent)
            #expect(
                seen == "\r" + "clickme [............] 0/2 create network clickme/default\u{1b}[K"
                    + "\r" + "clickme [######......] 1/2 start clickme/web/1\u{1b}[K" + "\r\u{1b}[K"
                    + "clickme: converged on generation 4\r\n"
            )
        }
    }

    @Test func `colours are for a terminal that wants them`() async throws {
        let list = [VerbTests.instance("web"), VerbTests.instance("redis", state: "exited")]
        try await withFakeAgent(answer: { try $0.answer(json(list)) }) { agent in
            let screen = try Screen()
            let plain = VerbTests.table.split(separator: "\n").map { "\($0)\r\n" }.joined()
            let coloured = plain.replacing("exited (137)", with: "\u{1b}[31mexited (137)\u{1b}[0m")
                .replacing("running", with: "\u{1b}[32mrunning\u{1b}[0m")
                .replacing("healthy", with: "\u{1b}[32mhealthy\u{1b}[0m")
            #expect(try screen.run("ps", agent) == coloured)
            #expect(try screen.run("ps", agent, environment: "NO_COLOR=1") == plain)
            #expect(try screen.run("ps --json", agent).hasPrefix("[{"))
        }
    }

    @Test func `a log line cannot steer the terminal`() async throws {
        let record = LogRecord(
            time: 1,
            seq: 1,
            stream: "stdout",
            app: "a",
            service: "web",
            instance: 1,
            line: "x\u{1b}[2Jy"
        )
        try await withFakeAgent(answer: { try $0.answer(lines([record])) }) { agent in
            let seen = try Screen().run("logs", agent)
            #expect(seen == "\u{1b}[36mweb.1 |\u{1b}[0m " + #"x\x1b[2Jy"# + "\r\n")
        }
    }

    @Test func `stats fill the screen from its top again and again`() async throws {
        try await withFakeAgent(answer: { try $0.answer("[]") }) { agent in
            let seen = try Screen().run("stats", agent, seconds: 2.6)
            #expect(seen.count(of: "\u{1b}[HINSTANCE  CPU") == 2, "\(seen)")
            let once = try Screen().run("stats --no-stream", agent)
            #expect(once.hasPrefix("INSTANCE  CPU") && once.count(of: "INSTANCE") == 1)
        }
    }
}
