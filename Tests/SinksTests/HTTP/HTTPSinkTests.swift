// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

/// A receiver of each language.
enum HTTPKind: String, CaseIterable, Sendable {
    case loki, otlp, protobuf, ndjson, json, splunk

    func sink(
        _ url: String,
        token: String = "/dev/null",
        _ change: (inout SinkSettings.Endpoint) -> Void = { _ in }
    )
        -> SinkSettings.Kind
    {
        let path =
            switch self {
            case .loki: "/loki/api/v1/push"
            case .otlp, .protobuf: "/v1/logs"
            case .ndjson, .json: "/in"
            case .splunk: "/services/collector/event"
            }
        var endpoint = SinkSettings.Endpoint(url: url + path)
        change(&endpoint)
        switch self {
        case .loki:
            var loki = SinkSettings.Loki(endpoint)
            loki.tenant = "shop"
            return .loki(loki)
        case .otlp, .protobuf:
            var otlp = SinkSettings.OTLP(endpoint)
            otlp.encoding = self == .otlp ? .json : .protobuf
            return .otlp(otlp)
        case .ndjson, .json:
            var http = SinkSettings.HTTP(endpoint)
            http.format = self == .json ? .json : .ndjson
            return .http(http)
        case .splunk: return .splunk(.init(endpoint, token: .path(token)))
        }
    }
}

@Suite(.timeLimit(.minutes(3))) struct HTTPSinkTests {
    @Test(arguments: HTTPKind.allCases)
    func `every line arrives once and in order, with what is known of it`(_ kind: HTTPKind) async throws {
        let receiver = try HTTPReceiver(), writer = try SpoolWriter()
        try Shell.run("echo secret >\(receiver.folder)/token")
        let count = kind == .ndjson ? 5_000 : 1_000
        let bench = try SinkBench(
            kind.sink("http://127.0.0.1:\(receiver.port)", token: "\(receiver.folder)/token")
        )
        try writer.write("odd \"\u{7f}\u{1}\\\t\u{e9}\u{1F600}\n", .stderr, time: 1_795_953_600_123_456_789)
        try writer.write(lines: 1..<count)
        bench.ship(writer, fields: ["team": "a \"b\""])
        try await bench.wait(for: UInt64(count))
        // A stream of Loki's is one of ours: between both there is no order.
        let taken = try receiver.taken().sorted { kind == .loki && $0.seq < $1.seq }
        #expect(taken[0].line == "odd \"\u{7f}\u{1}\\\t\u{e9}\u{1F600}")
        #expect(taken[0].stream == "stderr" && taken[0].time == "1795953600123456789")
        #expect(taken.dropFirst().map(\.line) == (1..<count).map { "line \($0)" })
        #expect(taken.map(\.seq) == (0..<UInt64(count)).map { $0 + (taken.first?.seq ?? 0) })
        #expect(bench.status.delivery == .application && bench.status.droppedAsRejected == 0)
    }

    @Test(arguments: [HTTPKind.loki, .protobuf])
    func `a receiver that is killed again and again loses nothing, and at most a batch comes twice each time`(
        _ kind: HTTPKind
    ) async throws {
        let receiver = try HTTPReceiver("die=1"), writer = try SpoolWriter()
        let bench = try SinkBench(kind.sink("http://127.0.0.1:\(receiver.port)"))
        bench.ship(writer)
        let (kills, lines) = (4, Amount.lines)
        for round in 0...kills {
            let end = lines * (round + 1) / (kills + 1)
            try writer.write(lines: lines * round / (kills + 1)..<end)
            guard round < kills else { break }
            // It dies by itself, with a batch that it has taken and not confirmed.
            while receiver.isThere, bench.status.linesOut < UInt64(end) {
                try await Task.sleep(for: .milliseconds(5))
            }
            receiver.end()
            try receiver.start(round + 1 < kills ? ["die=1"] : [])
        }
        try await bench.wait(for: UInt64(lines))
        let taken = try receiver.lines()
        var seen = Set<String>()
        let firsts = taken.filter { seen.insert($0).inserted }
        #expect(firsts == (0..<lines).map { "line \($0)" })
        #expect(taken.count - firsts.count <= kills * 8_192)
        #expect(bench.status.retries > 0)
    }

    private func splunk(_ receiver: HTTPReceiver, within patience: Duration) throws -> SinkSettings.Kind {
        try Shell.run("echo secret >\(receiver.folder)/token")
        let url = "http://127.0.0.1:\(receiver.port)/services/collector/event"
        var splunk = SinkSettings.Splunk(.init(url: url), token: .path("\(receiver.folder)/token"))
        splunk.isAcknowledged = true
        splunk.patience = patience
        return .splunk(splunk)
    }

    @Test func `what a collector took counts once its indexer has it, also if it forgets what it took`()
        async throws
    {
        // What it says at the third time it is asked was in its memory until then.
        let receiver = try HTTPReceiver("acks=3"), writer = try SpoolWriter()
        let bench = try SinkBench(splunk(receiver, within: .seconds(60)))
        try writer.write(lines: 0..<1_000)
        bench.ship(writer)
        try await bench.wait(for: 1_000)
        #expect(try receiver.lines() == (0..<1_000).map { "line \($0)" })
        #expect(bench.status.retries == 0)
        let asked = try receiver.asked()
        #expect(asked >= 3)
        receiver.end()
        try receiver.start(["acks=1000000"])
        try writer.write(lines: 1_000..<2_000)
        while try receiver.asked() == asked { try await Task.sleep(for: .milliseconds(5)) }
        receiver.end()
        try receiver.start(["acks=1"])
        try await bench.wait(for: 2_000)
        #expect(try receiver.lines() == (0..<2_000).map { "line \($0)" })
        #expect(bench.status.retries > 0)
    }

    @Test(arguments: [
        ("acks=1000000", "did not say within 1.0 seconds"), ("", "enable indexer acknowledgement"),
    ])
    func `a collector that never says so is an error`(_ option: String, _ reason: String) async throws {
        let receiver = try option.isEmpty ? HTTPReceiver() : HTTPReceiver(option), writer = try SpoolWriter()
        let bench = try SinkBench(splunk(receiver, within: .seconds(1)))
        try writer.write("line\n")
        bench.ship(writer)
        #expect(try await bench.waitForFailure().contains(reason))
        #expect(bench.status.linesOut == 0)
    }

    @Test func `in protobuf what is no text stays what it is`() async throws {
        let receiver = try HTTPReceiver(), writer = try SpoolWriter()
        let bench = try SinkBench(HTTPKind.protobuf.sink("http://127.0.0.1:\(receiver.port)"))
        try writer.write([0x61, 0xFF, 0x0A, 0x0A], .stderr)
        bench.ship(writer)
        try await bench.wait(for: 2)
        #expect(try receiver.taken().map(\.line) == ["bytes 61ff", ""])
    }

    @Test func `what a receiver refuses for good is counted, and the rest goes on`() async throws {
        let receiver = try HTTPReceiver("refuse=poison"), writer = try SpoolWriter()
        let bench = try SinkBench(HTTPKind.ndjson.sink("http://127.0.0.1:\(receiver.port)"))
        try writer.write("poison\n")
        bench.ship(writer)
        while bench.status.droppedAsRejected < 1 { try await Task.sleep(for: .milliseconds(5)) }
        try writer.write("fine\n")
        try await bench.wait(for: 1)
        #expect(try receiver.lines() == ["fine"])
        #expect(
            bench.events.contains {
                if case .rejected(1, let why) = $0 {
                    why.contains("it answers 400: such a line is not taken")
                } else {
                    false
                }
            }
        )
    }

    @Test func `a batch that is too large for a receiver goes in halves`() async throws {
        let receiver = try HTTPReceiver("limit=20000"), writer = try SpoolWriter()
        try writer.write(lines: 0..<1_000)
        try writer.write(String(repeating: "x", count: 30_000) + "\n")
        try writer.write("last\n")
        let bench = try SinkBench(HTTPKind.ndjson.sink("http://127.0.0.1:\(receiver.port)"))
        bench.ship(writer)
        try await bench.wait(for: 1_001)
        #expect(try receiver.lines() == (0..<1_000).map { "line \($0)" } + ["last"])
        #expect(bench.status.droppedAsRejected == 1)
    }

    @Test(arguments: [503, 429, 401, 404, 307])
    func `a receiver that is busy or wrongly set up is asked again`(_ status: Int) async throws {
        let receiver = try HTTPReceiver("status=\(status),2", "after=1"), writer = try SpoolWriter()
        let bench = try SinkBench(HTTPKind.loki.sink("http://127.0.0.1:\(receiver.port)"))
        try writer.write(lines: 0..<10)
        let begin = ContinuousClock.now
        bench.ship(writer)
        let why = try await bench.waitForFailure()
        #expect(
            why.hasPrefix("send to http://127.0.0.1:\(receiver.port)/loki/api/v1/push: it answers \(status)")
        )
        try await bench.wait(for: 10)
        #expect(try receiver.lines() == (0..<10).map { "line \($0)" })
        if [503, 429].contains(status) { #expect(begin.duration(to: .now) > .seconds(2)) }
        #expect(bench.events.contains(.resumed) && bench.status.droppedAsRejected == 0)
    }

    @Test(arguments: [
        (HTTPKind.otlp, "3", 3), (.otlp, "9000", 10), (.otlp, "-1", 0), (.protobuf, "3", 3),
        (.protobuf, "9000", 10),
    ])
    func `what an OTLP receiver says that it refused is counted and not sent again`(
        _ kind: HTTPKind,
        _ said: String,
        _ count: UInt64
    )
        async throws
    {
        let receiver = try HTTPReceiver("partial=\(said)"), writer = try SpoolWriter()
        let bench = try SinkBench(kind.sink("http://127.0.0.1:\(receiver.port)"))
        try writer.write(lines: 0..<10)
        bench.ship(writer)
        while bench.status.batches < 1 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(bench.status.droppedAsRejected == count)
        #expect(bench.status.linesOut == 10 - count)
        #expect(try receiver.lines().count == 10)
    }

    @Test(arguments: [HTTPKind.otlp, .protobuf])
    func `an answer that makes no sense is told, with what to look at`(_ kind: HTTPKind) async throws {
        let receiver = try HTTPReceiver("partial=x"), writer = try SpoolWriter()
        let bench = try SinkBench(kind.sink("http://127.0.0.1:\(receiver.port)"))
        try writer.write("line\n")
        bench.ship(writer)
        let why = try await bench.waitForFailure()
        #expect(why.contains("an answer that makes no sense") && why.hasSuffix("is the URL that of OTLP?"))
    }

    @Test(arguments: [
        ("bob:secret", "auth=Basic Ym9iOnNlY3JldA=="), ("Bearer abc", "auth=Bearer abc"),
        ("X-Api-Key: k1", "header=X-Api-Key:k1"),
    ])
    func `a receiver is told who we are`(_ line: String, _ wants: String) async throws {
        let receiver = try HTTPReceiver(wants), writer = try SpoolWriter()
        let file = "\(receiver.folder)/auth"
        let bench = try SinkBench(
            HTTPKind.ndjson.sink("http://127.0.0.1:\(receiver.port)") { $0.authorization = .path(file) }
        )
        try Shell.run("echo wrong:one >\(file)")
        try writer.write("line\n")
        bench.ship(writer)
        #expect(try await bench.waitForFailure().contains("see to what 'auth' names"))
        // A file that is put right is read without a restart.
        try Shell.run("echo '\(line)' >\(file)")
        try await bench.wait(for: 1)
        #expect(try receiver.lines() == ["line"])
    }

    @Test func `a receiver has to prove who it is, and we to it`() async throws {
        let receiver = try HTTPReceiver(), writer = try SpoolWriter()
        let authority = try TestAuthority(in: "\(receiver.folder)/ca")
        try authority.certify("server")
        try authority.certify("us", host: "DNS:node-7")
        try authority.certifyItself("liar")
        func serve(_ name: String) throws {
            receiver.end()
            try receiver.start([
                "cert=\(authority.folder)/\(name).pem", "key=\(authority.folder)/\(name).key",
                "client=\(authority.certificate)",
            ])
        }
        try serve("liar")
        try writer.write("line\n")
        let bench = try SinkBench(
            HTTPKind.ndjson.sink("https://127.0.0.1:\(receiver.port)") { endpoint in
                endpoint.tls.authorities = .path(authority.certificate)
                endpoint.tls.identity = .init(
                    certificate: .path("\(authority.folder)/us.pem"),
                    key: .path("\(authority.folder)/us.key")
                )
            }
        )
        bench.ship(writer)
        #expect(try await bench.waitForFailure().contains("certificate"))
        #expect(try receiver.lines().isEmpty)
        try serve("server")
        try await bench.wait(for: 1)
        #expect(try receiver.lines() == ["line"])
    }

    @Test func `a receiver that is away costs nothing, and gets everything when it is back`() async throws {
        let receiver = try HTTPReceiver(), writer = try SpoolWriter()
        receiver.end()
        let bench = try SinkBench(HTTPKind.otlp.sink("http://127.0.0.1:\(receiver.port)"))
        bench.ship(writer)
        try writer.write(lines: 0..<Amount.lines)
        _ = try await bench.waitForFailure()
        #expect(bench.status.pending == UInt64(Amount.lines))
        try receiver.start()
        try await bench.wait(for: UInt64(Amount.lines))
        #expect(try receiver.lines() == (0..<Amount.lines).map { "line \($0)" })
    }
}
