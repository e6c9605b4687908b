// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Logs
internal import Plan
internal import TestKit
internal import Testing

@testable internal import Control

@Suite struct LogRecordTextTests {
    private static let name = InstanceName(app: "shop", service: "web", index: 12)

    private static func line(_ bytes: [UInt8], _ stream: LogStream = .stdout, at number: UInt64 = 7)
        -> LogLine
    {
        LogLine(time: number &* 1_000_000_007, sequence: number, stream: stream, partial: false, bytes: bytes)
    }

    private static func encoded(_ line: LogLine, of name: InstanceName) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let record = LogRecord(
            time: line.time,
            seq: line.sequence,
            stream: line.stream.description,
            app: name.app,
            service: name.service,
            instance: name.index,
            line: String(decoding: line.bytes, as: UTF8.self)
        )
        return try Array(encoder.encode(record)) + [UInt8(ascii: "\n")]
    }

    @Test func `lines are byte for byte what JSONEncoder makes of their records, and are found in them`()
        throws
    {
        var random = SeededGenerator(seed: 21)
        let names = [
            Self.name, InstanceName(app: "shop", service: "web", index: 1),
            InstanceName(app: "a\"b", service: "ü\\", index: 0),
            InstanceName(app: "", service: "", index: -1),
        ]
        let pieces: [[UInt8]] = [
            Array("plain text ".utf8), Array("\"\\/\n\t\0\u{1b}\u{7f}".utf8), Array("ü€🐦\u{2028}".utf8),
            [0xFF],
            [0xE2, 0x82], [0xF0], [0xC0, 0xAF],
        ]
        var text = LogRecordText(), scan = LogRecordScan(), all: [UInt8] = []
        for number in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0..<8, using: &random))
                .flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            let line = Self.line(bytes, number % 3 == 0 ? .stderr : .stdout, at: UInt64(number))
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            let encoded = try Self.encoded(line, of: name)
            text.append(line, of: name)
            all += encoded
            let isRead = encoded.dropLast().withUnsafeBytes { scan.read($0) }
            // An index below 0 is no instance of ours.
            #expect(isRead == (name.index >= 0))
            guard isRead else { continue }
            #expect(scan.service == name.service && scan.instance == name.index)
            #expect(scan.line == Array(String(decoding: bytes, as: UTF8.self).utf8))
        }
        #expect(text.bytes == all)
        text.clear()
        #expect(text.bytes == [])
        let last = LogLine(time: .max, sequence: .max, stream: .stdout, partial: true, bytes: [])
        text.append(last, of: Self.name)
        #expect(text.bytes == (try Self.encoded(last, of: Self.name)))
    }

    private static let record =
        #"{"app":"a","instance":1,"line":"x","seq":2,"service":"web","stream":"stdout","time":3}"#

    @Test(
        arguments: [
            "", "{}", "null", record + " ", " " + record, String(record.dropLast()),
            record.replacing("\"app\":", with: "\"app\": "),
            record.replacing("\"time\":3", with: "\"time\":3,\"zone\":\"UTC\""),
            record.replacing("\"seq\":2", with: "\"seq\":02"),
            record.replacing("\"seq\":2", with: "\"seq\":-2"),
            record.replacing("\"seq\":2", with: "\"seq\":18446744073709551616"),
            record.replacing("\"instance\":1", with: "\"instance\":9223372036854775808"),
            record.replacing("stdout", with: "stdin"),
            record.replacing("\"x\"", with: #""\u0058""#),
            record.replacing("\"x\"", with: "\"\t\""), #"{"error":{"code":"failed"}}"#,
        ]
    )
    func `anything else is left to a decoder`(_ text: String) {
        var scan = LogRecordScan()
        #expect(!Array(text.utf8).withUnsafeBytes { scan.read($0) })
        #expect(Array(Self.record.utf8).withUnsafeBytes { scan.read($0) })
        var bytes = Array(Self.record.utf8)
        bytes[bytes.firstIndex(of: UInt8(ascii: "x")) ?? 0] = 0xFF
        #expect(!bytes.withUnsafeBytes { scan.read($0) })
    }
}
