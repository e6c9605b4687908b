// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Linux
internal import Logs
internal import TestKit
internal import Testing

@testable internal import Sinks

/// Bytes from hexadecimal digits; what stands behind `#` is left out.
func hex(_ text: String) -> [UInt8] {
    let digits = text.split(separator: "\n").map { $0.prefix { $0 != "#" } }.joined().filter {
        !$0.isWhitespace
    }
    return stride(from: 0, to: digits.count, by: 2).compactMap { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
}

@Suite struct ForwardEncoderTests {
    private static let origin = LogOrigin(
        node: "n",
        app: "a",
        service: "s",
        instance: 1,
        container: "c",
        image: "i",
        imageDigest: "d",
        fields: ["k": "v"]
    )
    private static func line(_ bytes: [UInt8], partial: Bool = false, sequence: UInt64 = 5) -> LogEvent {
        .line(
            LogLine(
                time: 1_795_955_696_000_000_007,
                sequence: sequence,
                stream: .stderr,
                partial: partial,
                bytes: bytes
            )
        )
    }
    private static let batch = LogBatch([.init(origin, [line([0x68, 0x69])])])
    private static func settings(_ change: (inout SinkSettings.Forward) -> Void = { _ in })
        -> SinkSettings.Forward
    {
        var settings = SinkSettings.Forward(.init(.tcp, "127.0.0.1", 1))
        settings.isAcknowledged = false
        change(&settings)
        return settings
    }

    /// What all entries of `origin` have.
    private static let common = """
        AC 636F6E7461696E65725F6964       A1 63       # container_id: c
        AE 636F6E7461696E65725F6E616D65   A5 612F732F31   # container_name: a/s/1
        AA 696D6167655F6E616D65           A1 69       # image_name: i
        AC 696D6167655F646967657374       A1 64       # image_digest: d
        A4 6E6F6465  A1 6E                            # node: n
        A3 617070  A1 61                              # app: a
        A7 73657276696365  A1 73                      # service: s
        A8 696E7374616E6365  01                       # instance: 1
        A6 6669656C6473  81 A1 6B A1 76               # fields: {k: v}

        """

    @Test func `an entry has its time to the nanosecond and all that is known`() throws {
        let payload = try ForwardEncoder(Self.settings()).encode(Self.batch)
        let entry = hex(
            """
            92 D7 00 6B0C1BF0 00000007                    # [EventTime 1795955696.000000007, {
            8C
            \(Self.common)
            A6 736F75726365  A6 737464657272              # source: stderr
            A3 736571  05                                 # seq: 5
            A3 6C6F67  A2 6869                            # log: hi
            """
        )
        #expect(UInt32(1_795_955_696) == 0x6B0C_1BF0)
        let whole = hex("93 A3 612E73 C4") + [UInt8(entry.count)] + entry + hex("81 A4 73697A65 01")
        #expect(payload.bytes == whole)
        #expect(payload.chunks == [])
    }

    @Test func `a message that is to be acknowledged has a name, and is named anew each time`() throws {
        let encoder = ForwardEncoder(Self.settings { $0.isAcknowledged = true })
        let one = try encoder.encode(Self.batch), other = try encoder.encode(Self.batch)
        #expect(one.chunks.count == 1 && one.chunks != other.chunks)
        #expect(Data(base64Encoded: Data(one.chunks[0]))?.count == 16)
        #expect(one.bytes.suffix(24) == one.chunks[0][...])
        // size: 1, chunk: and 24 characters of Base64
        #expect(Array(one.bytes.dropLast(24).suffix(13)) == hex("A4 73697A65 01 A5 6368756E6B B8"))
    }

    @Test func `gaps, bytes that are no text, and lines that are not whole`() throws {
        let gap = LogEvent.gap(
            LogGap(next: 9, lost: PerStream(stdout: LineCount(lines: 3, bytes: 300), stderr: LineCount()))
        )
        let part = LogBatch.Part(Self.origin, [gap, Self.line([0xFF], partial: true)])
        let payload = try ForwardEncoder(Self.settings()).encode(LogBatch([part]))
        let text = part.events.compactMap { if case .gap(let gap) = $0 { gap.text } else { nil } }[0]
        let gapEntry =
            hex(
                """
                92 D7 00 6B0C1BF0 00000007  8D                # the time of the line behind it
                \(Self.common)
                A6 736F75726365  A7 6D6172746C6574            # source: martlet
                A3 736571  09                                 # seq: 9
                A7 6D697373696E67  82                         # missing: {stdout: {lines: 3, bytes: 300}, ...
                A6 7374646F7574  82 A5 6C696E6573 03 A5 6279746573 CD012C
                A6 737464657272  82 A5 6C696E6573 00 A5 6279746573 00
                A3 6C6F67  D9
                """
            ) + [UInt8(text.utf8.count)] + Array(text.utf8)
        let lineEntry = hex(
            """
            92 D7 00 6B0C1BF0 00000007  8D
            \(Self.common)
            A6 736F75726365  A6 737464657272
            A3 736571  05
            AF 7061727469616C5F6D657373616765  A4 74727565    # partial_message: "true"
            A3 6C6F67  C4 01 FF                               # log: bytes
            """
        )
        let entries = gapEntry + lineEntry
        let size = [UInt8(entries.count >> 8), UInt8(entries.count & 0xFF)]
        #expect(payload.bytes == hex("93 A3 612E73 C5") + size + entries + hex("81 A4 73697A65 02"))
    }

    @Test func `lines of one tag are one message, in order`() throws {
        var other = Self.origin
        other.instance = 2
        let parts = [
            LogBatch.Part(Self.origin, [Self.line([0x31])]), LogBatch.Part(other, [Self.line([0x32])]),
        ]
        let settings = Self.settings { $0.isAcknowledged = true }
        #expect(try ForwardEncoder(settings).encode(LogBatch(parts)).chunks.count == 1)
        var apart = settings
        apart.tag = try #require(.init("{node}.{service}.{instance}"))
        #expect(apart.tag.text(other) == "n.s.2")
        #expect(try ForwardEncoder(apart).encode(LogBatch(parts)).chunks.count == 2)
    }

    @Test(.enabled(if: SinkReceiver.isThere, "install python3-msgpack"), .timeLimit(.minutes(1)))
    func `any line comes out of an independent decoder as it was`() async throws {
        let receiver = try SinkReceiver("forward", ["--full"])
        var settings = SinkSettings.Forward(.init(.tcp, "127.0.0.1", receiver.port))
        settings.compression = .gzip
        var random = SeededGenerator(seed: 5)
        var lines: [[UInt8]] = [
            [], [0], Array("größer 🐦\u{1b}\r".utf8), [UInt8](repeating: 0x7A, count: 1 << 20),
        ]
        for size in [31, 32, 255, 256, 65_535, 65_536] { lines.append([UInt8](repeating: 0x78, count: size)) }
        for _ in 0..<500 {
            lines.append(
                (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            )
        }
        // A line feed ends a line: it cannot be in one.
        lines = lines.map { $0.map { $0 == 0x0A ? 0x0B : $0 } }
        let bench = try ShippingBench(.forward(settings))
        for line in lines { try bench.writer.write(line + [0x0A]) }
        bench.ship()
        try await bench.wait(for: lines.count)
        let decoded = try receiver.lines()
        #expect(decoded.count == lines.count)
        for (text, line) in zip(decoded, lines) {
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            )
            let record = try #require(object["record"] as? [String: Any])
            if let text = String(validating: line, as: UTF8.self) {
                #expect(record["log"] as? String == text)
            } else {
                let bytes = (record["log"] as? [String: String])?["hex"]
                #expect(bytes == line.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            }
        }
    }
}
