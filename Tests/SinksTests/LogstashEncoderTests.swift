// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Logs
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Sinks

@Suite struct LogstashEncoderTests {
    private static let origin = LogOrigin(
        node: "n",
        app: "a",
        service: "s",
        instance: 1,
        container: "c0",
        image: "i",
        imageDigest: "d",
        fields: ["k": "\"v\""]
    )
    private static func line(_ text: String, _ sequence: UInt64, partial: Bool = false) -> LogEvent {
        .line(
            LogLine(
                time: 1_795_955_696_789_000_007,
                sequence: sequence,
                stream: .stdout,
                partial: partial,
                bytes: Array(text.utf8)
            )
        )
    }
    /// What stands at the end of all events of `origin`.
    private static let common = #"""
        "container":{"id":"c0","name":"a/s/1","image":{"name":"i","hash":{"all":["d"]}}},"service":{"name":"s"},
        "host":{"name":"n"},"agent":{"type":"martlet"},"ecs":{"version":"8.11.0"},"labels":{"k":"\"v\""}}
        """#
    private static func joined(_ text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined()
    }
    private static let event = joined(
        #"""
        {"@timestamp":"2026-11-29T12:34:56.789Z",
        "@metadata":{"beat":"martlet","type":"_doc","version":"1","_id":"c0-7"},
        "stream":"stdout","log":{"offset":7},
        "martlet":{"nanoseconds":1795955696789000007,"app":"a","instance":1},"message":"hi \"you\"",
        """# + "\n" + common
    )

    @Test func `an event has the names of the common schema`() throws {
        let gap = LogEvent.gap(
            LogGap(next: 9, lost: PerStream(stdout: LineCount(), stderr: LineCount(lines: 3, bytes: 300)))
        )
        let bytes = EventEncoder.lines(
            LogBatch([
                .init(Self.origin, [Self.line("hi \"you\"", 7), Self.line("cut", 8, partial: true), gap])
            ])
        )
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == Self.event)
        #expect(lines[1].contains(#""log":{"offset":8,"flags":["partial"]},"martlet""#))
        #expect(
            lines[2].contains(
                #""_id":"c0-9-gap"},"log":{"offset":9},"martlet":{"nanoseconds":1795955696789000007,"app":"a","#
                    + #""instance":1,"missing":{"stdout":{"lines":0,"bytes":0},"stderr":{"lines":3,"bytes":300}}},"message":"martlet: 3 lines"#
            )
        )
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test func `windows count events, from 1 each`() throws {
        var settings = SinkSettings.Lumberjack(.init(.tcp, "127.0.0.1", 1))
        settings.level = 0
        settings.window = 2
        let event = Array(Self.event.utf8)
        let batch = LogBatch([.init(Self.origin, [LogEvent](repeating: Self.line("hi \"you\"", 7), count: 3))]
        )
        let payload = try LumberjackEncoder(settings).encode(batch)
        let size = [0, 0, UInt8(event.count >> 8), UInt8(event.count & 0xFF)]
        #expect(payload.windows == [2, 1])
        #expect(
            payload.bytes == hex("32 57 00000002 # W 2") + hex("32 4A 00000001 # J 1") + size + event
                + hex("32 4A 00000002") + size + event
                + hex("32 57 00000001") + hex("32 4A 00000001") + size + event
        )
        settings.level = 1
        settings.window = 3
        let packed = try LumberjackEncoder(settings).encode(batch)
        #expect(packed.windows == [3])
        // W 3, then one frame C up to the end; a stream of zlib begins with 78.
        #expect(packed.bytes.starts(with: hex("32 57 00000003 32 43 0000")))
        #expect(packed.bytes[10..<12].reduce(0) { $0 << 8 | Int($1) } == packed.bytes.count - 12)
        #expect(packed.bytes[12] == 0x78)
    }

    private static func acks(_ counts: UInt32...) -> [UInt8] {
        counts.flatMap { count in Array("2A".utf8) + withUnsafeBytes(of: count.bigEndian) { Array($0) } }
    }

    @Test func `acknowledgements count each window for itself, and 0 says that the receiver lives`() throws {
        var windows = LumberjackWindows()
        windows.add([10, 5])
        windows.add([10])
        var bytes = Self.acks(0, 4, 4, 2, 10) + [0x32]
        #expect(try windows.take(&bytes))
        #expect(bytes == [0x32] && !windows.isOldestDone && windows.progress == 0)
        #expect(try !windows.take(&bytes))
        bytes = Self.acks(3, 5, 10)
        #expect(try windows.take(&bytes))
        #expect(windows.isOldestDone && !windows.isDue)
        windows.removeOldest()
        #expect(windows.isOldestDone)
        for bad in [Self.acks(1), Array("1A\0\0\0\u{1}".utf8), Array("HTTP/1.1".utf8)] {
            var bytes = bad
            #expect(throws: LumberjackWindows.Flaw.self) { try windows.take(&bytes) }
        }
    }

    @Test func `any line comes out of an independent decoder, as text`() async throws {
        let receiver = try SinkReceiver("lumberjack", ["--full"])
        let bench = try ShippingBench(.lumberjack(.init(.init(.tcp, "127.0.0.1", receiver.port))))
        var random = SeededGenerator(seed: 9)
        var lines: [[UInt8]] = [[], [0, 1, 0x22, 0x5C], [UInt8](repeating: 0, count: 1 << 20)]
        for _ in 0..<500 {
            lines.append(
                (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                    let byte = UInt8.random(in: 0...255, using: &random)
                    return byte == 0x0A ? 0x0B : byte
                }
            )
        }
        for line in lines { try bench.writer.write(line + [0x0A]) }
        bench.ship()
        try await bench.wait(for: lines.count)
        let decoded = try receiver.lines()
        #expect(decoded.count == lines.count)
        for (text, line) in zip(decoded, lines) {
            let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(object["message"] as? String == String(decoding: line, as: UTF8.self))
        }
    }
}
