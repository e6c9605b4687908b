// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Glibc
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

/// Messages of syslog, byte for byte.
@Suite struct SyslogEncoderTests {
    /// This is 2026-11-29T12:04:05.123456789Z.
    private static let time: UInt64 = 1_795_953_845_123_456_789

    private func text(
        _ events: [LogEvent],
        _ framing: SyslogEncoder.Framing = .octet,
        isLocal: Bool = false,
        fields: [String: String] = [:],
        _ change: (inout SinkSettings.SyslogMessage) -> Void = { _ in }
    ) -> [String] {
        var settings = SinkSettings.SyslogMessage()
        change(&settings)
        var origin = SpoolWriter.origin()
        origin.fields = fields
        var encoder = SyslogEncoder(settings, framing, isLocal: isLocal)
        let messages = encoder.encode(LogBatch([LogBatch.Part(origin, events)]))
        return (0..<messages.count).map { String(decoding: messages.bytes[messages[$0]], as: UTF8.self) }
    }

    private func line(
        _ text: String,
        _ stream: LogStream = .stdout,
        partial: Bool = false,
        sequence: UInt64 = 7
    ) -> LogEvent {
        .line(
            LogLine(
                time: Self.time,
                sequence: sequence,
                stream: stream,
                partial: partial,
                bytes: Array(text.utf8)
            )
        )
    }

    private static let known =
        #"app="shop" service="web" instance="0" container="0123456789abcdef" "#
        + #"image="docker.io/library/web:1.4" digest="sha256:00""#

    @Test func `a message has its length, its time in microseconds, and all that is known of it`() {
        let message =
            "<30>1 2026-11-29T12:04:05.123456Z node-7 web 0123456789ab stdout "
            + #"[martlet@32473 \#(Self.known) seq="7" time="1795953845123456789"] it works"#
        #expect(text([line("it works")]) == ["\(message.utf8.count) \(message)"])
        #expect(text([line("it works")], .none) == [message])
        #expect(text([line("it works")], .newline) == [message + "\n"])
    }

    @Test func `standard error is more urgent, and a cut line says so`() {
        let out = text([line("no", .stderr, partial: true)], .none) {
            $0.facility = .local7
            $0.structure = "own@4711"
        }
        #expect(
            out == [
                "<187>1 2026-11-29T12:04:05.123456Z node-7 web 0123456789ab stderr "
                    + #"[own@4711 \#(Self.known) seq="7" time="1795953845123456789" partial="true"] no"#
            ]
        )
    }

    @Test func `RFC 3164 has the node's own time, and no name of the host for a daemon of the node`() {
        var second = time_t(Self.time / 1_000_000_000), parts = tm()
        localtime_r(&second, &parts)
        var stamp = [CChar](repeating: 0, count: 32)
        strftime(&stamp, 32, "%b %e %H:%M:%S", &parts)
        let time = String(decoding: stamp.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(
            text([line("a\u{1}b\tc\nd")], .newline) { $0.format = .rfc3164 }
                == ["<30>\(time) node-7 web[0123456789ab]: a#001b\tc#012d\n"]
        )
        #expect(
            text([line("x", .stderr)], .none, isLocal: true) { $0.format = .rfc3164 }
                == ["<27>\(time) web[0123456789ab]: x"]
        )
    }

    @Test func `a gap is a message of its own, with its counts`() {
        let gap = LogGap(
            next: 12,
            lost: PerStream(stdout: LineCount(lines: 4, bytes: 40), stderr: LineCount(lines: 1, bytes: 9))
        )
        let out = text([line("before"), .gap(gap), line("after", sequence: 12)], .none)
        #expect(out.count == 3)
        #expect(
            out[1]
                == "<28>1 2026-11-29T12:04:05.123456Z node-7 web 0123456789ab gap "
                + #"[martlet@32473 \#(Self.known) next="12" lost_stdout_lines="4" lost_stdout_bytes="40" "#
                + #"lost_stderr_lines="1" lost_stderr_bytes="9"] "# + gap.text
        )
    }

    @Test func `names and values of hostile fields stay what they are`() {
        let fields = ["a=b]\" c": "q\"u\\o]te\nline", "": "x"]
        let out = text([line("m")], .none, fields: fields)[0]
        #expect(out.hasSuffix(#"[fields@32473 -="x" a_b___c="q\"u\\o\]te line"] m"#))
    }

    @Test func `a long line comes in parts between characters, each no longer than a message may be`() throws
    {
        let whole = String(repeating: "aß€😀", count: 500)
        let out = text([line(whole)], .none) { $0.maximum = 1_024 }
        #expect(out.count > 5 && out.allSatisfy { $0.utf8.count <= 1_024 })
        var joined = ""
        for (index, message) in out.enumerated() {
            let isLast = index == out.count - 1
            let mark = #" partial="true" partial_ordinal="\#(index + 1)" partial_last="\#(isLast)"] "#
            let place = try #require(message.range(of: mark))
            joined += message[place.upperBound...]
        }
        #expect(joined == whole)
    }

    @Test func `fields that leave no room for text are left out`() {
        let out = text([line("m")], .none, fields: ["k": String(repeating: "v", count: 2_000)]) {
            $0.maximum = 1_024
        }
        #expect(out.count == 1 && out[0].utf8.count <= 1_024 && out[0].hasSuffix("] m"))
    }

    @Test func `the mark of UTF-8 is before what is UTF-8 and nothing else`() {
        var settings = SinkSettings.SyslogMessage()
        settings.hasMark = true
        var encoder = SyslogEncoder(settings, .none)
        let events = [Array("ä".utf8), [0xFF, 0x41]].map {
            LogEvent.line(LogLine(time: 1, sequence: 1, stream: .stdout, partial: false, bytes: $0))
        }
        let out = encoder.encode(LogBatch([LogBatch.Part(SpoolWriter.origin(), events)]))
        #expect(out.bytes[out[0]].suffix(6) == [0x20, 0xEF, 0xBB, 0xBF, 0xC3, 0xA4])
        #expect(out.bytes[out[1]].suffix(3) == [0x20, 0xFF, 0x41])
    }

    @Test(arguments: [SyslogEncoder.Framing.octet, .newline], SinkSettings.SyslogMessage.Format.allCases)
    func `random bytes come through every framing`(
        framing: SyslogEncoder.Framing,
        format: SinkSettings.SyslogMessage.Format
    ) throws {
        var random = SeededGenerator(seed: 5424)
        var settings = SinkSettings.SyslogMessage()
        settings.format = format
        settings.maximum = 1_024
        var encoder = SyslogEncoder(settings, framing)
        let lines = (0..<60).map { index in
            let size = index == 0 ? 200_000 : Int.random(in: 0...3_000, using: &random)
            let alphabet: [UInt8] = index % 3 == 0 ? [0, 10, 0x23, 0x80, 0xC3, 0xFF] : Array(0...255)
            return (0..<size).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        }
        let events = lines.enumerated().map {
            LogEvent.line(
                LogLine(time: Self.time, sequence: UInt64($0), stream: .stdout, partial: false, bytes: $1)
            )
        }
        let bytes = encoder.encode(LogBatch([LogBatch.Part(SpoolWriter.origin(), events)])).bytes
        let messages = try cut(bytes, framing)
        #expect(messages.allSatisfy { $0.count <= 1_024 })
        let isExact = framing == .octet && format == .rfc5424
        let wanted = isExact ? lines : lines.map(escape)
        #expect(messages.reduce(into: []) { $0 += body($1, format) } == wanted.reduce(into: []) { $0 += $1 })
    }

    /// What a receiver does with a stream.
    private func cut(_ bytes: [UInt8], _ framing: SyslogEncoder.Framing) throws -> [ArraySlice<UInt8>] {
        guard framing == .octet else {
            return bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        }
        var messages: [ArraySlice<UInt8>] = [], rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            let count = try #require(Int(String(decoding: digits, as: UTF8.self)))
            messages.append(rest.dropFirst(digits.count + 1).prefix(count))
            rest = rest.dropFirst(digits.count + 1 + count)
        }
        return messages
    }

    /// What is behind the head, and behind the number of a part.
    private func body(_ message: ArraySlice<UInt8>, _ format: SinkSettings.SyslogMessage.Format)
        -> ArraySlice<UInt8>
    {
        let blank = format == .rfc5424 ? 1 : 2
        let end = message.firstIndex(of: 0x5D) ?? message.startIndex
        let text = message[(end + blank + 1)...]
        guard format == .rfc3164,
            text.starts(with: Array("(part ".utf8)) || text.starts(with: Array("(last ".utf8))
        else { return text }
        return text.drop { $0 != 0x29 }.dropFirst(2)
    }

    private func escape(_ line: [UInt8]) -> [UInt8] {
        line.flatMap { byte -> [UInt8] in
            guard byte < 32 && byte != 9 || byte == 127 else { return [byte] }
            let digits = String(byte, radix: 8)
            return Array("#\(String(repeating: "0", count: 3 - digits.count))\(digits)".utf8)
        }
    }
}
