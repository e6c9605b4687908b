// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Control

@Suite struct ClientTests {
    private static let version = #"{"version":"1.2.3","api":1,"format":2}"#
    private static let head = "HTTP/1.1 200 OK\r\n"

    private func ask(_ agent: FakeAgent, deadline: Duration = .seconds(10)) async throws -> VersionReply {
        try await ControlClient(runtime: agent.runtime, deadline: deadline).send(
            ControlRequest(.get, "version")
        )
    }

    /// The failure that a body ends with.
    private func failure(_ body: () async throws -> Void) async -> ControlError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ControlError
        }
    }

    @Test func `an answer is understood however it arrives`() async throws {
        let answers: [@Sendable (Exchange) throws -> Void] = [
            { try $0.answer(Self.version) },
            { exchange in
                let all = Self.head + "Content-Length: \(Self.version.utf8.count)\r\n\r\n" + Self.version
                for byte in all.utf8 { try exchange.write([byte]) }
            },
            { exchange in
                try exchange.begin()
                for byte in Self.version.utf8 { try exchange.chunk([byte]) }
                try exchange.finish()
            },
            { try $0.write(Self.head + "Connection: close\r\n\r\n" + Self.version) },
            {
                try $0.write("HTTP/1.1 100 Continue\r\n\r\n"); try $0.answer(Self.version)
            },
        ]
        for answer in answers {
            try await withFakeAgent(answer: answer) { agent in
                let reply = try await ask(agent)
                #expect(reply.version == "1.2.3")
                #expect(agent.requests == ["GET /v1/version HTTP/1.1"])
            }
        }
    }

    @Test func `without an agent the remedy is named`() async throws {
        let error = await failure {
            let _: VersionReply = try await ControlClient(runtime: "/nonexistent").send(
                ControlRequest(.get, "version")
            )
        }
        #expect(
            error
                == ControlError(
                    .unreachable,
                    "agent",
                    "no agent answers at /nonexistent/martlet.sock",
                    "start `martlet agent`, or give --runtime-dir"
                )
        )
        let long = "/" + String(repeating: "x", count: 200)
        let tooLong = await failure {
            let _: VersionReply = try await ControlClient(runtime: long).send(ControlRequest(.get, "version"))
        }
        #expect(tooLong?.code == .invalid && tooLong?.remedy == "give a shorter one")
    }

    @Test func `a refusal is passed on with its problems`() async throws {
        let refusal = ControlError(
            .conflict,
            "clickme",
            "the plan is not of this world",
            "ask for a new one",
            problems: [.init(file: "", line: 0, column: 0, path: "services.web", what: "x", remedy: "")]
        )
        let json =
            #"{"error":{"code":"conflict","subject":"clickme","what":"the plan is not of this world","remedy":"ask for a new one","problems":[{"file":"","line":0,"column":0,"path":"services.web","what":"x","remedy":""}]}}"#
        try await withFakeAgent(answer: { try $0.answer(json, status: "409 Conflict") }) { agent in
            #expect(await failure { _ = try await ask(agent) } == refusal)
        }
    }

    @Test(
        arguments: [
            ("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "is not HTTP"),
            ("a bad status", "HTTP/1.1 999999 X\r\n\r\n", "is not HTTP"),
            ("two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "is not HTTP"),
            ("a bad chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "is not HTTP"),
            ("a huge head", head + "X: \(String(repeating: "x", count: 100_000))\r\n\r\n", "is not HTTP"),
            (
                "many fields",
                head + String(repeating: "X: \(String(repeating: "y", count: 900))\r\n", count: 200),
                "is not HTTP"
            ),
            ("nothing", "", "closed the connection"),
            ("half a head", "HTTP/1.1 200 OK\r\nContent-", "closed the connection"),
            ("half a body", head + "Content-Length: 100\r\n\r\n{}", "closed the connection"),
            ("half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", "closed the connection"),
            ("no JSON", head + "Content-Length: 3\r\n\r\nabc", "is no VersionReply"),
            ("other JSON", head + "Content-Length: 2\r\n\r\n{}", "is no VersionReply"),
            ("empty", head + "Content-Length: 0\r\n\r\n", "is no VersionReply"),
            (
                "a refusal without reason", "HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\n{}",
                "502 without a reason"
            ),
        ]
    )
    func `an answer that is not one is refused`(_ case: String, _ answer: String, _ what: String) async throws
    {
        try await withFakeAgent(answer: { try $0.write(answer) }) { agent in
            let error = await failure { _ = try await ask(agent) }
            #expect(
                error?.code == .failed && error?.what.contains(what) == true,
                "\(String(describing: error))"
            )
        }
    }

    @Test func `an agent that stalls before or within its answer is given up`() async throws {
        for beginning in ["", "HTTP/1.1 200", Self.head + "Content-Length: 100\r\n\r\n{"] {
            try await withFakeAgent(answer: { exchange in
                try exchange.write(beginning)
                try exchange.waitForClose()
            }) { agent in
                let begin = ContinuousClock.now
                let error = await failure { _ = try await ask(agent, deadline: .milliseconds(200)) }
                #expect(error?.what.hasPrefix("no answer within") == true, "\(String(describing: error))")
                #expect(ContinuousClock.now - begin < .seconds(5))
            }
        }
    }

    @Test func `an answer without end is refused at its bound`() async throws {
        let written = Mutex(0)
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
            while true {
                try exchange.chunk(piece)
                written.withLock { $0 += piece.count }
            }
        }) { agent in
            let error = await failure { _ = try await ask(agent, deadline: .seconds(60)) }
            #expect(error?.what == "its answer is longer than 64 MiB")
        }
        #expect(written.withLock { $0 } < 70 << 20)
    }

    @Test func `a large body is sent whole, and an early refusal of it is heard`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20)
        let request = ControlRequest(.put, "apps", "a", body: body)
        try await withFakeAgent(answer: { try $0.answer(Self.version) }) { agent in
            let _: VersionReply = try await ControlClient(runtime: agent.runtime).send(request)
            #expect(agent.sent.first?.utf8.count == body.count)
        }
        let refusal =
            #"{"error":{"code":"invalid","subject":"a","what":"too large","remedy":"","problems":[]}}"#
        try await withFakeAgent(readsBody: false, answer: { try $0.answer(refusal, status: "400 Bad") }) {
            agent in
            let error = await failure {
                let _: VersionReply = try await ControlClient(runtime: agent.runtime).send(request)
            }
            #expect(error?.what == "too large", "\(String(describing: error))")
        }
    }

    @Test func `a cancelled wait ends at once`() async throws {
        try await withFakeAgent(answer: { try $0.waitForClose() }) { agent in
            let task = Task { try await ask(agent, deadline: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(50))
            let begin = ContinuousClock.now
            task.cancel()
            await #expect(throws: ControlError.self) { try await task.value }
            #expect(ContinuousClock.now - begin < .seconds(5))
        }
    }
}
