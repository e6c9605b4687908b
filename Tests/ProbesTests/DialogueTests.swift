// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Probes

/// What is made of answers, whoever sends them.
@Suite struct DialogueTests {
    private func http(_ answer: String, _ statuses: ClosedRange<Int> = 200...299, step: Int = 7)
        -> ProbeAnswer?
    {
        var dialogue = HTTPDialogue(HTTPRequest(path: "/up", statuses: [statuses]), port: 80)
        return feed(&dialogue, Array(answer.utf8), step: step)
    }

    /// The bytes in pieces; nil if the dialogue wants more.
    private func feed(_ dialogue: inout some Dialogue, _ bytes: [UInt8], step: Int) -> ProbeAnswer? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(step)
            if case .done(let answer) = dialogue.take(piece) { return answer }
        }
        return nil
    }

    @Test func `a request asks for its path and ends the connection`() {
        let request = HTTPRequest(
            path: "/up?x=1",
            statuses: [],
            host: "shop.example",
            headers: ["User-Agent": "me", "X-Probe": "yes"]
        )
        let text = String(decoding: HTTPDialogue(request, port: 8080).opening, as: UTF8.self)
        #expect(
            text
                == "GET /up?x=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nAccept: */*\r\nUser-Agent: me\r\nX-Probe: yes\r\n\r\n"
        )
        let plain = HTTPDialogue(HTTPRequest(path: "/", statuses: []), port: 8080).opening
        #expect(String(decoding: plain, as: UTF8.self).contains("Host: localhost:8080\r\n"))
    }

    @Test(arguments: [1, 7, 10_000])
    func `the status line decides, after interim answers`(step: Int) {
        #expect(http("HTTP/1.1 200 OK\r\n", step: step) == .success)
        #expect(http("HTTP/1.0 204\n", step: step) == .success)
        #expect(http("HTTP/1.1 503 No\r\n", step: step) == .failure("the server answered 503"))
        #expect(
            http("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\n", step: step)
                == .success
        )
        #expect(http("HTTP/1.1 101 Other\r\n\r\n", step: step) == .failure("the server answered 101"))
        #expect(http("HTTP/1.1 20", step: step) == nil)
        for bad in ["HTTP/2 200 OK\r\n", "HTTP/1.1 2x0 \r\n", "HTTP/1.1 099 \r\n", "SSH-2.0-x\r\n", "\r\n"] {
            #expect(
                http(bad, step: step) == .failure("what the server answered is not HTTP"),
                "\(bad.debugDescription)"
            )
        }
    }

    @Test func `an answer without an end is refused`() {
        #expect(http(String(repeating: "x", count: 5_000), step: 100) != nil)
        let interim = String(repeating: "HTTP/1.1 100 C\r\n\r\n", count: 2_000)
        #expect(http(interim, step: 4_000) == .failure("what the server answered is not HTTP"))
        let field = "HTTP/1.1 100 C\r\nA: " + String(repeating: "x", count: 40_000)
        #expect(http(field, step: 4_000) == .failure("what the server answered is not HTTP"))
    }

    // MARK: gRPC

    private static let settings = HTTP2Frame(kind: HTTP2Frame.Kind.settings).bytes

    private func health(_ frames: [HTTP2Frame], step: Int = 5) -> ProbeAnswer? {
        var dialogue = HealthDialogue(service: "shop.v1.Orders", port: 50_051)
        return feed(&dialogue, Self.settings + frames.flatMap(\.bytes), step: step)
    }

    private func data(_ message: [UInt8], flags: UInt8 = 0, compressed: UInt8 = 0) -> HTTP2Frame {
        HTTP2Frame(
            kind: 0,
            flags: flags,
            stream: 1,
            payload: [compressed, 0, 0, 0, UInt8(message.count)] + message
        )
    }

    @Test func `a call is a preface, settings, fields and a message`() {
        let bytes = HealthDialogue(service: "a", port: 80).opening
        var rest = Array(bytes.dropFirst(24))
        #expect(String(decoding: bytes.prefix(24), as: UTF8.self) == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        let frames = (0..<3).map { _ in try? HTTP2Frame.next(in: &rest) }
        #expect(
            rest == [] && frames.map { $0?.kind } == [4, 1, 0] && frames.map { $0?.stream } == [0, 1, 1]
        )
        // :method: POST, :scheme: http, then :path as a literal.
        #expect(frames[1]?.payload.prefix(4) == [0x83, 0x86, 0x04, 28])
        #expect(frames[2]?.payload == [0, 0, 0, 0, 3, 0x0a, 1, 0x61] && frames[2]?.flags == 1)
    }

    @Test(arguments: [1, 5, 10_000])
    func `the message says how the service is`(step: Int) {
        let fields = HTTP2Frame(kind: 1, flags: 4, stream: 1, payload: [0x88])
        #expect(health([fields, data([8, 1])], step: step) == .success)
        #expect(health([data([8, 2])], step: step) == .failure("the service answered NOT_SERVING"))
        #expect(health([data([])], step: step) == .failure("the service answered UNKNOWN"))
        #expect(health([data([0x12, 1, 0x61, 8, 1])], step: step) == .success)
        let padded = HTTP2Frame(kind: 0, flags: 8, stream: 1, payload: [2, 0, 0, 0, 0, 2, 8, 1, 0, 0])
        #expect(health([padded], step: step) == .success)
        let halves = [data([8, 1])].flatMap { frame in
            [frame.payload.prefix(3), frame.payload.dropFirst(3)].map {
                HTTP2Frame(kind: 0, stream: 1, payload: Array($0))
            }
        }
        #expect(health(halves, step: step) == .success)
        #expect(health([fields], step: step) == nil)
    }

    @Test func `what is no answer is a failure`() {
        let none = HTTP2Frame(kind: 1, flags: 5, stream: 1, payload: [0x88])
        #expect(
            health([none]) == .failure("the server knows no such service, or does not tell of its health")
        )
        #expect(health([HTTP2Frame(kind: 3, stream: 1)]) == .failure("the server refused the call"))
        #expect(health([HTTP2Frame(kind: 7)]) == .failure("the server ended the connection"))
        let bad = ProbeAnswer.failure("the server's answer is not one of grpc.health.v1")
        #expect(health([data([8, 1], compressed: 1)]) == bad)
        #expect(health([data([9, 1])]) == bad)
        #expect(health([data([8, 0xff, 0xff, 0xff, 0xff, 1])]) == bad)
        #expect(health([data([0x12, 200, 1])]) == bad)
        #expect(health([HTTP2Frame(kind: 0, flags: 1, stream: 1, payload: [0])]) == bad)
        #expect(health([HTTP2Frame(kind: 0, stream: 1, payload: [0, 0xff, 0, 0, 0])]) == bad)
        var dialogue = HealthDialogue(service: "", port: 1)
        #expect(
            feed(&dialogue, Array("HTTP/1.1 400 Bad Request\r\n".utf8), step: 100)
                == .failure("what the server answered is not HTTP/2")
        )
        // Nor one that goes on for ever.
        #expect(
            health(
                Array(repeating: HTTP2Frame(kind: 9, payload: Array(repeating: 0, count: 100)), count: 1_000)
            ) != nil
        )
    }

    @Test func `settings and pings are answered`() {
        var dialogue = HealthDialogue(service: "", port: 1)
        let ping = HTTP2Frame(kind: 6, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        guard case .proceed(let answers) = dialogue.take(Self.settings + ping.bytes) else {
            Issue.record("it ended")
            return
        }
        var rest = answers
        let replies = (0..<2).map { _ in try? HTTP2Frame.next(in: &rest) }
        #expect(replies[0] == HTTP2Frame(kind: 4, flags: 1) && replies[1]?.payload == ping.payload)
    }
}
