// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

/// The journal of a node.
@Suite(.timeLimit(.minutes(3))) struct JournalTests {
    private func bench(_ server: JournalServer) throws -> SinkBench {
        var journal = SinkSettings.Journal()
        journal.socket = server.socket
        return try SinkBench(.journal(journal))
    }

    @Test func `an entry is text, or bytes behind their length`() {
        let time: UInt64 = 1_795_953_845_123_456_789
        var origin = SpoolWriter.origin()
        origin.fields = ["team-a": "blue", "message": "mine", "9": "nine", "_x": "l1\nl2"]
        var encoder = JournalEncoder(.native)
        let lines = [Array("it works".utf8), [0x61, 0x01, 0xFF]].map {
            LogEvent.line(LogLine(time: time, sequence: 7, stream: .stderr, partial: $0.count < 8, bytes: $0))
        }
        let messages = encoder.encode(LogBatch([LogBatch.Part(origin, lines)]))
        let constant =
            "SYSLOG_IDENTIFIER=web\nCONTAINER_NAME=web\nCONTAINER_TAG=web\nCONTAINER_ID=0123456789ab\n"
            + "CONTAINER_ID_FULL=0123456789abcdef\nIMAGE_NAME=docker.io/library/web:1.4\nIMAGE_DIGEST=sha256:00\n"
            + "MARTLET_NODE=node-7\nMARTLET_APP=shop\nMARTLET_SERVICE=web\nMARTLET_INSTANCE=0\nFIELD_9=nine\n"
            + "X\n\u{5}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}l1\nl2\nFIELD_MESSAGE=mine\nTEAM_A=blue\n"
            + "SYSLOG_TIMESTAMP=2026-11-29T12:04:05.123456789Z\n"
        let own = "PRIORITY=3\nMARTLET_STREAM=stderr\nMARTLET_SEQ=7\nMARTLET_TIME=\(time)\n"
        #expect(messages.bytes[messages[0]] == Array("\(own)MESSAGE=it works\n\(constant)".utf8)[...])
        let second =
            Array("\(own)CONTAINER_PARTIAL_MESSAGE=true\nMESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
            + [0x61, 0x01, 0xFF, 0x0A] + Array(constant.utf8)
        #expect(messages.bytes[messages[1]] == second[...])
    }

    @Test(.enabled(if: JournalServer.isThere, "systemd-journald is not here"))
    func `every line comes to the journal once and in order, whatever is in it`() async throws {
        let server = try JournalServer(), writer = try SpoolWriter(), bench = try bench(server)
        bench.ship(writer)
        // As fast as journald is asked to be; it makes who is faster wait.
        try await writer.write(lines: 0..<Amount.lines, rate: 20_000)
        try await bench.wait(for: UInt64(Amount.lines))
        try writer.write("bell\u{7}\n", .stderr)
        let long = String(repeating: "long ", count: 200_000)
        try writer.write("\(long)\n")
        try await bench.wait(for: UInt64(Amount.lines + 2))
        try await server.wait("CONTAINER_NAME=web", for: Amount.lines + 2)
        let entries = try server.entries("CONTAINER_NAME=web")
        let numbers = entries.compactMap { ($0["MARTLET_SEQ"] as? String).flatMap(Int.init) }
        #expect(numbers == Array(1...Amount.lines + 2))
        let first = try #require(entries.first)
        #expect(first["MESSAGE"] as? String == "line 0" && first["PRIORITY"] as? String == "6")
        #expect(
            first["MARTLET_APP"] as? String == "shop" && first["CONTAINER_ID"] as? String == "0123456789ab"
        )
        let bell = entries[Amount.lines]
        #expect(
            bell["MESSAGE"] as? [Int] == [0x62, 0x65, 0x6C, 0x6C, 7] && bell["PRIORITY"] as? String == "3"
        )
        #expect(entries.last?["MESSAGE"] as? String == long)
        #expect(bench.status.delivery == .kernel && bench.status.droppedAsRejected == 0)
    }

    @Test(.enabled(if: JournalServer.isThere, "systemd-journald is not here"))
    func `lines wait while journald is away, and each comes once when it is back`() async throws {
        let server = try JournalServer(), writer = try SpoolWriter(), bench = try bench(server)
        bench.ship(writer)
        try writer.write(lines: 0..<1_000)
        try await bench.wait(for: 1_000)
        try await server.wait("CONTAINER_NAME=web", for: 1_000)
        server.kill()
        try writer.write(lines: 1_000..<3_000)
        #expect(try await bench.waitForFailure().contains("ECONNREFUSED"))
        try server.start()
        try await bench.wait(for: 3_000)
        try await server.wait("CONTAINER_NAME=web", for: 3_000)
        let numbers = try server.entries("CONTAINER_NAME=web").compactMap {
            ($0["MARTLET_SEQ"] as? String).flatMap(Int.init)
        }
        #expect(numbers == Array(1...3_000))
        #expect(bench.events.contains(.resumed))
    }
}
