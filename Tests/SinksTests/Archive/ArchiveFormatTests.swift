// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

@Suite struct ArchiveFormatTests {
    private static func line(_ bytes: [UInt8], time: UInt64 = 0, partial: Bool = false) -> LogLine {
        LogLine(time: time, sequence: 42, stream: .stderr, partial: partial, bytes: bytes)
    }

    @Test func `a record is a line of text`() {
        var text = ArchiveText()
        text.append(origin: Array("{}".utf8), time: 1_795_953_600_123_456_789, position: 7)
        text.append(
            LogLine(
                time: 1_795_953_600_123_456_789,
                sequence: 42,
                stream: .stdout,
                partial: false,
                bytes: Array("hello".utf8)
            )
        )
        text.append(Self.line(Array("two\nlines".utf8), time: 951_782_400_000_000_001, partial: true))
        let lost = PerStream(stdout: LineCount(lines: 3, bytes: 90), stderr: LineCount(lines: 0, bytes: 5))
        text.append(LogGap(next: .max, lost: lost, cause: .rateLimited), time: 0)
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == """
                2026-11-29T12:00:00.123456789Z 7 origin - {}
                2026-11-29T12:00:00.123456789Z 42 stdout F hello
                2000-02-29T00:00:00.000000001Z 42 stderr P two
                 lines
                1970-01-01T00:00:00.000000000Z 18446744073709551615 gap - 3 90 0 5 rate_limited

                """
        )
        var place = 0
        #expect(ArchiveText.record(text.bytes, at: &place) == .origin(Array("{}".utf8)))
        guard case .event(.line(let line)) = ArchiveText.record(text.bytes, at: &place) else {
            Issue.record("no line")
            return
        }
        #expect(line.time == 1_795_953_600_123_456_789 && line.bytes == Array("hello".utf8))
        _ = ArchiveText.record(text.bytes, at: &place)
        let gap = LogGap(next: .max, lost: lost, cause: .rateLimited)
        #expect(ArchiveText.record(text.bytes, at: &place) == .event(.gap(gap)))
        #expect(place == text.bytes.count)
        // As it was stored once, and as somebody may who knows more causes.
        for end in ["", " eclipse", " lag"] {
            let bytes = Array("2026-11-29T12:00:00.000000000Z 9 gap - 3 90 0 5\(end)\n".utf8)
            var place = 0
            let wanted = LogGap(next: 9, lost: lost, cause: end == " lag" ? .lag : .dropped)
            #expect(ArchiveText.record(bytes, at: &place) == .event(.gap(wanted)))
            #expect(place == bytes.count)
        }
    }

    @Test func `any bytes come back as they were`() {
        var random = SeededGenerator(seed: 3)
        var text = ArchiveText()
        let alphabet: [UInt8] = [0, 10, 10, 13, 32, 32, 65, 255, 0xC3]
        let lines = (0..<2_000).map { number in
            Self.line(
                (0..<(number == 77 ? 1 << 20 : Int.random(in: 0...40, using: &random))).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                },
                time: UInt64.random(in: 0...UInt64(4_000_000_000) * 1_000_000_000, using: &random),
                partial: Bool.random(using: &random)
            )
        }
        for line in lines { text.append(line) }
        var place = 0
        for line in lines { #expect(ArchiveText.record(text.bytes, at: &place) == .event(.line(line))) }
        #expect(place == text.bytes.count)
    }

    @Test func `what is no record is refused, wherever it is cut and whatever byte is changed`() {
        var random = SeededGenerator(seed: 5)
        var text = ArchiveText()
        text.append(Self.line(Array("text".utf8), time: 1))
        text.append(LogGap(next: 1, lost: PerStream(both: LineCount(lines: 1, bytes: 1))), time: 1)
        for end in 0..<text.bytes.count {
            var place = 0
            let part = Array(text.bytes[..<end])
            while place < part.count, ArchiveText.record(part, at: &place) != nil {}
            #expect(place <= part.count)
        }
        for _ in 0..<20_000 {
            var bytes = text.bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255,
                    using: &random
                )
            }
            var place = 0
            while place < bytes.count, ArchiveText.record(bytes, at: &place) != nil {}
            #expect(place <= bytes.count)
        }
    }

    @Test func `the index is a gzip member that holds nothing`() {
        let member = ArchiveIndex.Member(
            packed: 0x102,
            plain: 0x304,
            lines: 5,
            sequence: 6,
            oldest: 7,
            newest: 0x0809_0A0B_0C0D_0E0F
        )
        let bytes = ArchiveIndex([member]).bytes
        #expect(
            Array(bytes.prefix(16)) == [
                0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255,  // gzip, deflate, FEXTRA, no time, no system
                68, 0,  // XLEN
                0x4D, 0x4C, 64, 0,  // ML, LEN
            ]
        )
        #expect(
            Array(bytes[16..<72]) == [
                0x4D, 0x4C, 0x49, 0x58, 1, 0, 40, 0, 1, 0, 0, 0, 0, 0, 0, 0,  // MLIX, version, entry, count
                2, 1, 0, 0, 4, 3, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0,  // packed, plain, lines
                6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0,  // sequence, oldest
                0x0F, 0x0E, 0x0D, 0x0C, 0x0B, 0x0A, 9, 8,  // newest
            ]
        )
        #expect(Array(bytes[76...]) == [90, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])  // size; nothing
        #expect(Gzip.unpack(bytes[...], size: 0) == [])
        #expect(ArchiveIndex(bytes, of: Int64(bytes.count) + 0x102)?.members == [member])
        #expect(ArchiveIndex(bytes, of: Int64(bytes.count) + 0x103) == nil)
    }

    @Test func `an index is refused whatever byte of it is changed`() {
        let bytes = ArchiveIndex(
            (1...3).map {
                .init(packed: 10, plain: $0, lines: 1, sequence: 1, oldest: 1, newest: 1)
            }
        ).bytes
        for index in bytes.indices where !(4..<16).contains(index) {
            var changed = bytes
            changed[index] ^= 0x40
            #expect(ArchiveIndex(changed, of: Int64(bytes.count) + 30) == nil, "byte \(index)")
        }
        for end in bytes.indices { #expect(ArchiveIndex(Array(bytes[..<end]), of: Int64(end)) == nil) }
    }

    @Test func `a name tells what it was made of`() throws {
        let key = ArchiveKey(
            "logs",
            SpoolWriter.origin(),
            position: 42,
            times: 1_795_953_600_123_456_789...1_795_953_601_000_000_000
        )
        #expect(
            key.text == "logs/node-7/shop/web/0/0123456789abcdef/2026/11/29/"
                + "000000000000002a-1795953600123456789-1795953601000000000.mlog.gz"
        )
        #expect(ArchiveKey(key.text, root: "logs/node-7/") == key)
        for text in ["", "logs/node-7/", key.text + "x", key.text.replacing("-1795953601", with: "-0")] {
            #expect(ArchiveKey(text, root: "logs/node-7/") == nil)
        }
    }
}
