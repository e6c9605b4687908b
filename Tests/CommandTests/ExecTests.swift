// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import TestKit
internal import Testing

/// `exec` and `logs`.
@Suite struct ExecTests {
    @Test(arguments: [0, 1, 126, 127, 137, 255] as [Int32])
    func `exec has the command's output and exit status`(_ status: Int32) async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(ExecFrame(.stdout, Array("out\n".utf8)).encoded)
            try exchange.chunk(ExecFrame(.stderr, Array("err\n".utf8)).encoded)
            try exchange.chunk(ExecFrame.exit(status).encoded)
            try exchange.finish()
        }) { agent in
            let run = try Command(
                ["exec", "-u", "1:2", "-w", "/srv", "-e", "A=b c", "a/web/2", "--", "sh", "-c", "x --json"],
                agent
            )
            #expect(run.output == "out\n" && run.complaint == "err\n" && run.code == status)
            #expect(
                agent.requests == [
                    "POST /v1/exec?app=a&service=web&instance=2&user=1%3A2&workdir=%2Fsrv&command=sh&command=-c&command=x%20--json&env=A%3Db%20c HTTP/1.1"
                ]
            )
        }
    }

    @Test func `exec passes standard input on`() async throws {
        try await withFakeAgent(
            readsBody: false,
            answer: { exchange in
                try exchange.begin()
                var count = 0
                while let chunk = try exchange.readChunk() {
                    count += chunk.count
                    try exchange.chunk(ExecFrame(.stdout, chunk.reversed()).encoded)
                }
                try exchange.chunk(ExecFrame.exit(Int32(count)).encoded)
                try exchange.finish()
            }
        ) { agent in
            let run = try Command(["exec", "-i", "a/web", "--", "rev"], agent, input: "abc")
            #expect(run.output == "cba" && run.code == 3)
            #expect(agent.requests == ["POST /v1/exec?app=a&service=web&stdin=1&command=rev HTTP/1.1"])
        }
    }

    @Test func `exec does not wait for input that the command does not want`() async throws {
        try await withFakeAgent(
            readsBody: false,
            answer: { exchange in
                try exchange.begin()
                try exchange.chunk(ExecFrame.exit(5).encoded)
                try exchange.finish()
            }
        ) { agent in
            let fifo = "\(agent.runtime)/fifo"
            let text = try Shell.run(
                "mkfifo \(fifo); sleep 60 >\(fifo) & MARTLET_RUNTIME_DIR=\(agent.runtime) timeout 30 \(Command.program) exec -i a/b -- x <\(fifo); echo $?; kill $!"
            )
            #expect(text.hasPrefix("5\n"))
        }
    }

    @Test func `a command that could not be started, or whose end is unknown, is a failure of exec`()
        async throws
    {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            if exchange.target.contains("known") {
                try exchange.chunk(ExecFrame(.stdout, Array("half".utf8)).encoded)
            } else {
                try exchange.chunk(ExecFrame(.failure, Array("no memory".utf8)).encoded)
            }
            try exchange.finish()
        }) { agent in
            let failed = try Command(["exec", "a/b", "--", "x"], agent)
            #expect(failed.complaint == "martlet: a/b: no memory\n" && failed.code == 1)
            let unknown = try Command(["exec", "a/known", "--", "x"], agent)
            #expect(unknown.output == "half" && unknown.code == 1)
            #expect(
                unknown.complaint
                    == "martlet: a/known: the agent's answer ends before the command did: see `martlet status`\n"
            )
        }
    }

    private static func record(_ service: String, _ line: String) -> LogRecord {
        LogRecord(time: 1, seq: 2, stream: "stdout", app: "a", service: service, instance: 1, line: line)
    }

    @Test func `logs come with the container that wrote them`() async throws {
        let records = [Self.record("longer", "one"), Self.record("web", "two\u{1b}[0m")]
        try await withFakeAgent(answer: { try $0.answer(lines(records)) }) { agent in
            let run = try Command(
                ["logs", "--tail", "5", "--since", "1970-01-01T00:00:02.5Z", "-f", "a/web/1"],
                agent
            )
            #expect(
                run.output == "longer.1 | one\nweb.1    | two\u{1b}[0m\n" && run.complaint == ""
                    && run.code == 0
            )
            let programs = try Command(["logs", "--json"], agent)
            #expect(
                programs.output
                    == #"{"app":"a","instance":1,"line":"one","seq":2,"service":"longer","stream":"stdout","time":1}"#
                    + "\n"
                    + #"{"app":"a","instance":1,"line":"two\u001b[0m","seq":2,"service":"web","stream":"stdout","time":1}"#
                    + "\n"
            )
            #expect(
                agent.requests == [
                    "GET /v1/logs?app=a&service=web&instance=1&tail=5&since=2000000000&follow=1 HTTP/1.1",
                    "GET /v1/logs HTTP/1.1",
                ]
            )
        }
    }

    @Test func `what another version's agent says of a line is understood`() async throws {
        let text =
            #"{"app":"a", "instance":1, "line":"\u0041 \ud83d\udc26\/", "new":true, "seq":2, "service":"web", "stream":"stdout", "time":1}"#
            + "\n\n"
            + #"{"app":"a","instance":2,"line":"B","seq":2,"service":"web","stream":"stdout","time":1}"#
            + "\n"
        try await withFakeAgent(answer: { try $0.answer(text) }) { agent in
            let run = try Command(["logs", "--grep", "^[AB]"], agent)
            #expect(run.output == "web.1 | A 🐦/\nweb.2 | B\n" && run.complaint == "" && run.code == 0)
            let programs = try Command(["logs", "--json", "--grep", "🐦"], agent)
            #expect(
                programs.output
                    == #"{"app":"a","instance":1,"line":"A 🐦/","seq":2,"service":"web","stream":"stdout","time":1}"#
                    + "\n"
            )
        }
    }

    @Test func `what came before a failure is shown`() async throws {
        let failure = ControlErrorReply(ControlError(.failed, "archive", "it is damaged"))
        let answer = try lines([Self.record("web", "one"), Self.record("web", "two")]) + lines([failure])
        try await withFakeAgent(answer: { try $0.answer(answer) }) { agent in
            let run = try Command(["logs"], agent)
            #expect(run.output == "web.1 | one\nweb.1 | two\n" && run.code == 1)
            #expect(run.complaint == "martlet: archive: it is damaged\n")
        }
    }

    @Test func `a line of 1 MiB is shown, whatever is in it`() async throws {
        let line = String(repeating: "\u{1}", count: 1 << 20)
        let answer = try lines([Self.record("web", line), Self.record("web", "short")])
        try await withFakeAgent(answer: { try $0.answer(answer) }) { agent in
            let run = try Command(["logs"], agent)
            #expect(run.output == "web.1 | \(line)\nweb.1 | short\n" && run.complaint == "" && run.code == 0)
        }
    }
}
