// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Logs
internal import Testing

@testable internal import Sinks

@Suite(.timeLimit(.minutes(1))) struct ViewTests {
    @Test(arguments: [
        ("{}", true), (#"{"a":1,"b":[true,false,null,-0.5e+3,"x\u00e9\n"],"c":{"d":{}}}"#, true),
        (" {\"a\": 1 } ", true),
        ("[1]", false), ("text", false), ("{\"a\":01}", false), ("{\"a\":1,}", false), ("{\"a\"}", false),
        ("{\"a\":\"\u{1}\"}", false), ("{\"a\":1} x", false), ("{'a':1}", false), ("{\"a\":tru}", false),
        (#"{"a":"\x"}"#, false), (#"{"a":"\u12"}"#, false), ("{", false), ("", false),
    ])
    func `a line is one JSON object or text`(_ line: String, _ isObject: Bool) {
        #expect((StructuredLine.read(Array(line.utf8), .json) != nil) == isObject)
    }

    @Test func `what is no UTF-8 or too deep is text`() {
        #expect(StructuredLine.read(Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8), .json) == nil)
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "{\"a\":", count: depth).utf8) + Array("1".utf8)
                + Array(repeating: UInt8(ascii: "}"), count: depth)
        }
        #expect(StructuredLine.read(nested(63), .json) != nil)
        #expect(StructuredLine.read(nested(100_000), .json) == nil)
    }

    @Test(
        arguments: [
            (
                #"level=info msg="it \"works\"" n=3 done"#,
                #"{"level":"info","msg":"it \"works\"","n":"3","done":true}"#
            ),
            ("a= b=c", #"{"a":"","b":"c"}"#),
            ("just words", nil), ("", nil), (#"a="open"#, nil), ("=x", nil),
        ] as [(String, String?)]
    )
    func `words with values are fields`(_ line: String, _ wanted: String?) {
        let found = StructuredLine.read(Array(line.utf8), .logfmt)
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == wanted)
    }

    @Test func `lines that belong together come as one, of each stream for itself`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter(), pump = try PumpBench(receiver)
        try writer.write("ERROR one\n at a\n at b\n")
        try writer.write("WARN other\n", .stderr)
        try writer.write(" at c\nERROR two\n")
        try writer.write(" more\n", .stderr)
        var origin = SpoolWriter.origin()
        origin.multiline = LogSettings.Multiline(start: #"^\S"#, timeout: .milliseconds(50))
        pump.add(writer, origin)
        // The last of each waits as long as it is told to.
        try await receiver.wait(for: 3)
        #expect(receiver.lines == ["ERROR one\n at a\n at b\n at c", "WARN other\n more", "ERROR two"])
        pump.kill()
    }

    @Test func `what waits for its next line when the agent is killed is read again`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        var origin = SpoolWriter.origin()
        origin.multiline = LogSettings.Multiline(start: #"^\S"#, timeout: .seconds(3_600))
        var pump = try PumpBench(receiver)
        try writer.write("one\n 1\ntwo\n 2\n")
        pump.add(writer, origin)
        try await receiver.wait(for: 1)
        while pump.gauge.current.linesOut < 1 { try await Task.sleep(for: .milliseconds(1)) }
        pump.kill()
        pump = try PumpBench(receiver)
        try writer.write(" 3\nthree\n")
        pump.add(writer, origin, isLive: false)
        pump.drain()
        #expect(receiver.lines == ["one\n 1", "two\n 2\n 3", "three"])
    }

    @Test func `an entry has so many lines at most`() {
        var joiner = LineJoiner(LogSettings.Multiline(start: "^x", mostLines: 3))
        var given: [LogEvent] = []
        for number in 0..<7 {
            let line = LogLine(
                time: 1,
                sequence: UInt64(number),
                stream: .stdout,
                partial: false,
                bytes: [UInt8(number)]
            )
            given += joiner?.take(.line(line), behind: .beginning, now: .now) ?? []
        }
        given += joiner?.flush() ?? []
        let bytes = given.compactMap { event in if case .line(let line) = event { line.bytes } else { nil } }
        #expect(bytes == [[0, 10, 1, 10, 2], [3, 10, 4, 10, 5], [6]])
    }
}

@Suite(.timeLimit(.minutes(1))) struct StructureTests {
    private static let origin: LogOrigin = {
        var origin = SpoolWriter.origin()
        origin.format = .json
        return origin
    }()

    private static func part(_ text: String) -> LogBatch.Part {
        let bytes = Array(text.utf8)
        var part = LogBatch.Part(
            origin,
            [.line(LogLine(time: 1, sequence: 1, stream: .stdout, partial: false, bytes: bytes))]
        )
        part.structures = [StructuredLine.read(bytes, .json)]
        return part
    }

    @Test func `what a line says is sent beside it, and is in no other place`() throws {
        let batch = LogBatch([Self.part(#"{"node":"mine","line":"x","n":1}"#)])
        let sent = JSONLanguage(SinkSettings.HTTP(SinkSettings.Endpoint(url: "http://127.0.0.1/"))).encode(
            batch
        )
        let object = try #require(try JSONSerialization.jsonObject(with: Data(sent)) as? [String: Any])
        #expect(object["node"] as? String == "node-7")
        #expect((object["parsed"] as? [String: Any])?["node"] as? String == "mine")
        var event = JSONText(), encoder = EventEncoder(Self.origin)
        encoder.append(batch.parts[0], 0, to: &event)
        let other = try #require(try JSONSerialization.jsonObject(with: Data(event.bytes)) as? [String: Any])
        #expect((other["parsed"] as? [String: Any])?["n"] as? Int == 1)
    }

    @Test func `an entry of several lines is one line of JSON still`() {
        #expect(StructuredLine.read(Array("{\"a\":\n1}".utf8), .json) == Array("{\"a\": 1}".utf8))
    }

    @Test(
        arguments: [
            (#"{}"#, [0x80]),
            (
                #"{"a":[1,-1,true,null,false]}"#,
                [0x81, 0xA1, 0x61, 0x95, 1, 0xD3, 255, 255, 255, 255, 255, 255, 255, 255, 0xC3, 0xC0, 0xC2]
            ),
            (#"{"a":1.5}"#, [0x81, 0xA1, 0x61, 0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]),
            (
                #"{ "\u00e9" : "\ud83d\ude00\n\ud83d" }"#,
                [0x81, 0xA2, 0xC3, 0xA9, 0xA8, 0xF0, 0x9F, 0x98, 0x80, 0x0A, 0xEF, 0xBF, 0xBD]
            ),
            (
                #"{"n":18446744073709551615,"m":1e3}"#,
                [
                    0x82, 0xA1, 0x6E, 0xCF, 255, 255, 255, 255, 255, 255, 255, 255, 0xA1, 0x6D, 0xCB, 0x40,
                    0x8F, 0x40, 0, 0, 0, 0, 0,
                ]
            ),
        ] as [(String, [UInt8])]
    )
    func `JSON is MessagePack to Fluentd`(_ json: String, _ packed: [UInt8]) throws {
        let structure = try #require(StructuredLine.read(Array(json.utf8), .json))
        var text = MessagePackText()
        text.append(json: structure)
        #expect(text.bytes == packed)
    }
}
