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
                seen == "clickme [............] 0/2 create network clickme/default\r\n"
                    + "\u{1b}[1A\r\u{1b}[J" + "clickme [######......] 1/2 start clickme/web/1\r\n"
                    + "\u{1b}[1A\r\u{1b}[J" + "clickme: converged on generation 4\r\n"
            )
        }
    }

    @Test func `a pull that an apply begins with is a bar a layer`() async throws {
        func pull(_ layer: Character, _ state: String, _ done: Int64) -> ApplyProgress {
            var line = ApplyTests.progress(.pulling, 0, "pull a.test/web:1")
            line.pull = PullProgress(
                image: "a.test/web:1",
                layer: "sha256:" + String(repeating: layer, count: 64),
                state: state,
                done: done,
                total: 2 << 20
            )
            return line
        }
        let told =
            [
                ApplyTests.progress(.pulling, 0, "pull a.test/web:1"), pull("a", "present", 2 << 20),
                pull("b", "transferring", 1 << 20), pull("b", "verified", 2 << 20),
            ] + [ApplyTests.progress(.converged, 2)]
        try await withFakeAgent(answer: { try $0.answer(lines(told)) }) { agent in
            let seen = try Screen().run("apply --wait \(ApplyTests.file)", agent)
            let (full, half) = (String(repeating: "#", count: 14), String(repeating: "#", count: 7))
            let head = "clickme: pull a.test/web:1\r\n"
            let first = "aaaaaaaaaaaa [\(full)] 2.00 MiB/2.00 MiB is there\r\n"
            let dots = String(repeating: ".", count: 7)
            #expect(
                seen == head + "\u{1b}[1A\r\u{1b}[J" + head + first + "\u{1b}[2A\r\u{1b}[J" + head + first
                    + "bbbbbbbbbbbb [\(half)\(dots)] 1.00 MiB/2.00 MiB\r\n" + "\u{1b}[3A\r\u{1b}[J" + head
                    + first + "bbbbbbbbbbbb [\(full)] 2.00 MiB/2.00 MiB verified\r\n"
                    + "\u{1b}[3A\r\u{1b}[J" + "clickme: converged on generation 4\r\n"
            )
            // Elsewhere a layer that is whole is a line.
            let plain = try Command(["apply", "--wait", ApplyTests.file], agent)
            #expect(
                plain.output == "clickme: pull a.test/web:1\n"
                    + "clickme: pull a.test/web:1: layer aaaaaaaaaaaa present, 2.00 MiB\n"
                    + "clickme: pull a.test/web:1: layer bbbbbbbbbbbb verified, 2.00 MiB\n"
                    + "clickme: converged on generation 4\n"
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
