// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

/// Syslog and RELP to rsyslog, in all its ways.
@Suite(.enabled(if: RsyslogServer.isThere, "rsyslog is not installed"), .timeLimit(.minutes(3)))
struct RsyslogTests {
    private func syslog(
        _ way: SinkSettings.Address.Way,
        _ host: String = "127.0.0.1",
        _ port: UInt16 = 0,
        _ change: (inout SinkSettings.Syslog) -> Void = { _ in }
    ) -> SinkSettings.Kind {
        var syslog = SinkSettings.Syslog(SinkSettings.Address(way, host, port))
        change(&syslog)
        return .syslog(syslog)
    }

    private func identify(_ server: RsyslogServer, as name: String, _ tls: inout SinkSettings.TLS) {
        tls.authorities = .path(server.authority.certificate)
        tls.identity = .init(
            certificate: .path("\(server.authority.folder)/\(name).pem"),
            key: .path("\(server.authority.folder)/\(name).key")
        )
    }

    private func numbers(_ messages: [RsyslogServer.Message]) -> [Int] {
        messages.compactMap { Int($0.msg.drop { !$0.isNumber }) }
    }

    @Test(arguments: [SinkSettings.Syslog.Framing.octet, .newline])
    func `every line comes over TCP once and in order, with all that is known of it`(
        framing: SinkSettings.Syslog.Framing
    ) async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        let bench = try SinkBench(syslog(.tcp, "127.0.0.1", server.tcp) { $0.framing = framing })
        try writer.write(lines: 0..<Amount.lines)
        bench.ship(writer, fields: ["team": #"a"b\c]"#])
        let messages = try await server.wait("tcp", for: Amount.lines)
        #expect(numbers(messages) == Array(0..<Amount.lines))
        try await bench.wait(for: UInt64(Amount.lines))
        let first = try #require(messages.first)
        #expect(first.pri == "30" && first.host == "node-7" && first.app == "web")
        #expect(first.procid == "0123456789ab" && first.msgid == "stdout")
        #expect(first.sd.hasPrefix(#"[martlet@32473 app="shop" service="web" instance="0" container="01"#))
        #expect(first.sd.contains(#" seq="1" time=""#))
        #expect(first.sd.hasSuffix(#"[fields@32473 team="a\"b\\c\]"]"#))
        #expect(bench.status.delivery == .transport && bench.status.pending == 0)
    }

    @Test func `over TLS both sides prove who they are, and the end of a session is said`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        let sink = syslog(.tls, "127.0.0.1", server.tls) { identify(server, as: "client", &$0.tls) }
        do {
            let bench = try SinkBench(sink)
            try writer.write(lines: 0..<5_000)
            bench.ship(writer)
            #expect(numbers(try await server.wait("tls", for: 5_000)) == Array(0..<5_000))
            bench.shipper.stop(within: .seconds(10))
        }
        let complaints = try server.complaints
        #expect(complaints == "")
    }

    @Test func `a receiver or a sender with the wrong certificate gets nothing`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        try writer.write(lines: 0..<10)
        let unknown = try SinkBench(
            syslog(.tls, "127.0.0.1", server.tls) {
                identify(server, as: "client", &$0.tls)
                $0.tls.authorities = .path("\(server.authority.folder)/stranger.pem")
            }
        )
        unknown.ship(writer)
        // At first it may not be listening yet.
        while try await !unknown.waitForFailure().contains("certificate") {
            try await Task.sleep(for: .milliseconds(5))
        }
        unknown.shipper.stop(within: .zero)
        let stranger = try SinkBench(
            syslog(.tls, "127.0.0.1", server.tls) { identify(server, as: "stranger", &$0.tls) }
        )
        let other = try SpoolWriter()
        try other.write(lines: 0..<10)
        stranger.ship(other)
        while try server.complaints.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try server.messages("tls") == [])
    }

    @Test func `datagrams come to a socket of the node`() async throws {
        let server = try RsyslogServer(), local = try SpoolWriter()
        let unix = try SinkBench(syslog(.unix, server.socket) { $0.message.format = .rfc3164 })
        try local.write(lines: 0..<5_000)
        unix.ship(local)
        let messages = try await server.wait("unix", for: 5_000)
        #expect(numbers(messages) == Array(0..<5_000))
        #expect(messages[0].app == "web" && messages[0].procid == "0123456789ab" && messages[0].pri == "30")
        #expect(unix.status.delivery == .kernel)
    }

    @Test func `over UDP no line is lost on the way through this node, at the pace that is usual`()
        async throws
    {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        let bench = try SinkBench(syslog(.udp, "127.0.0.1", server.udp) { $0.message.maximum = 2_048 })
        try writer.write(lines: 0..<Amount.lines)
        let begin = ContinuousClock.now
        bench.ship(writer)
        try await bench.wait(for: UInt64(Amount.lines))
        #expect(ContinuousClock.now - begin > .seconds(Amount.lines / 11_000))
        // Nobody says what is lost: what is not there long after the last was sent, is.
        let end = ContinuousClock.now + .seconds(20)
        while try server.count("udp") < Amount.lines, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        let received = numbers(try server.messages("udp")), dropped = try server.droppedDatagrams
        #expect(received.count + dropped == Amount.lines, "the receiver dropped \(dropped) itself")
        #expect(received == received.sorted() && Set(received).count == received.count)
        #expect(bench.status.delivery == .none)
    }

    @Test func `old daemons are told in their own form, and a long line in parts`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        let old = try SinkBench(
            syslog(.tcp, "127.0.0.1", server.tcp) {
                $0.message.format = .rfc3164
                $0.message.facility = .local3
                $0.message.maximum = 1_024
            }
        )
        try writer.write("it failed\u{7}\n", .stderr)
        try writer.write(String(repeating: "ä", count: 1_000) + "\n")
        old.ship(writer)
        let messages = try await server.wait("tcp", for: 4)
        #expect(messages[0].pri == "155" && messages[0].host == "node-7" && messages[0].app == "web")
        #expect(messages[0].msg.hasSuffix("it failed#007"))
        let parts = messages.dropFirst().map(\.msg)
        #expect(parts.map { $0.contains("(part ") } == [true, true, false])
        #expect(parts[2].contains("(last part, 3) "))
        let text = parts.map { $0.drop { $0 != "ä" } }.joined()
        #expect(text == String(repeating: "ä", count: 1_000))
    }

    @Test func `a receiver that is away costs nothing and gets everything when it is back`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        server.kill()
        let bench = try SinkBench(syslog(.tcp, "127.0.0.1", server.tcp))
        try writer.write(lines: 0..<5_000)
        bench.ship(writer)
        #expect(try await bench.waitForFailure().contains("connect to tcp://127.0.0.1:\(server.tcp)"))
        try server.start()
        #expect(numbers(try await server.wait("tcp", for: 5_000)) == Array(0..<5_000))
        try await bench.wait(for: 5_000)
        #expect(bench.status.failure == nil && bench.events.contains(.resumed))
    }

    @Test func `over UDP it is heard that nobody listens, and the batch is sent again`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        server.kill()
        let bench = try SinkBench(syslog(.udp, "127.0.0.1", server.udp) { $0.message.maximum = 2_048 })
        try writer.write(lines: 0..<500)
        bench.ship(writer)
        #expect(try await bench.waitForFailure().contains("ECONNREFUSED"))
        try server.start()
        #expect(numbers(try await server.wait("udp", for: 500)) == Array(0..<500))
    }

    @Test func `over RELP nothing is lost when rsyslog is killed again and again`() async throws {
        let server = try RsyslogServer(), writer = try SpoolWriter()
        let bench = try SinkBench(
            .relp(SinkSettings.RELP(SinkSettings.Address(.tcp, "127.0.0.1", server.relp)))
        )
        bench.ship(writer)
        let kills = 3, part = Amount.lines / (kills + 1)
        for round in 0...kills {
            try writer.write(lines: round * part..<(round + 1) * part)
            guard round < kills else { break }
            // In the middle of it.
            try await bench.wait(for: UInt64(round * part + part / 4))
            server.kill()
            try server.start()
        }
        try await bench.wait(for: UInt64(Amount.lines))
        let received = numbers(try server.messages("relp"))
        #expect(Set(received) == Set(0..<Amount.lines))
        // What comes twice is what was on its way at a kill: two batches at most.
        let twice = received.count - Amount.lines
        #expect(twice <= kills * 2 * 1_024)
        let back = zip(received, received.dropFirst()).filter { $1 != $0 + 1 }
        #expect(back.count <= kills && back.allSatisfy { $1 <= $0 })
        #expect(bench.status.delivery == .application && bench.status.retries > 0)
    }
}
