// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

@Suite struct HTTPLanguageTests {
    private static let time: UInt64 = 1_795_953_600_123_456_789
    private static let gap = LogGap(
        next: 9,
        lost: PerStream(stdout: LineCount(lines: 2, bytes: 30), stderr: LineCount())
    )

    private static func batch(fields: [String: String] = [:]) -> LogBatch {
        var origin = SpoolWriter.origin()
        origin.fields = fields
        return LogBatch([
            LogBatch.Part(
                origin,
                [
                    .line(
                        LogLine(
                            time: time,
                            sequence: 7,
                            stream: .stdout,
                            partial: false,
                            bytes: [0x61, 0xFF, 0x22]
                        )
                    ),
                    .gap(gap),
                    .line(LogLine(time: time + 1, sequence: 9, stream: .stderr, partial: true, bytes: [])),
                ]
            )
        ])
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    private static var gapText: String { gap.text }

    @Test func `JSON, an object a line`() {
        let origin =
            #""node":"node-7","app":"shop","service":"web","container":"0123456789abcdef","#
            + #""image":"docker.io/library/web:1.4","digest":"sha256:00","instance":0,"fields":{"team":"a"}"#
        let language = JSONLanguage(.init(.init(url: "http://x/")))
        #expect(
            Self.text(language.encode(Self.batch(fields: ["team": "a"]))) == """
                {"time":"2026-11-29T12:00:00.123456789Z","seq":7,"stream":"stdout",\(origin),"line":"a\u{FFFD}\\""}
                {"time":"2026-11-29T12:00:00.123456790Z","seq":9,"stream":"martlet",\
                "lost":{"stdout":{"lines":2,"bytes":30},"stderr":{"lines":0,"bytes":0}},\(origin),"line":"\(Self.gapText)"}
                {"time":"2026-11-29T12:00:00.123456790Z","seq":9,"stream":"stderr","partial":true,\(origin),"line":""}

                """
        )
    }

    @Test func `Loki, a stream for each of ours`() {
        var settings = SinkSettings.Loki(.init(url: "http://x/"))
        settings.labels = [.service, .stream]
        var language = LokiLanguage(settings)
        let rest =
            #""app":"shop","instance":"0","node":"node-7","container":"0123456789abcdef","#
            + #""image":"docker.io/library/web:1.4","digest":"sha256:00","field_team":"a"}"#
        #expect(
            Self.text(language.encode(Self.batch(fields: ["team": "a"]))) == """
                {"streams":[{"stream":{"service":"web","stream":"stdout"},"values":[\
                ["1795953600123456789","a\u{FFFD}\\"",{"seq":"7",\(rest)],\
                ["1795953600123456790","\(Self.gapText)",{"seq":"9","lost_lines":"2","lost_bytes":"30",\(rest)]]},\
                {"stream":{"service":"web","stream":"stderr"},"values":[\
                ["1795953600123456790","",{"seq":"9","partial":"true",\(rest)]]}]}
                """
        )
    }

    @Test func `Loki gets a long line in parts, none of which ends within a character`() throws {
        let long = String(repeating: "\u{20AC}", count: 200_000)
        let line = LogLine(time: 1, sequence: 1, stream: .stdout, partial: false, bytes: Array(long.utf8))
        let batch = LogBatch([.init(SpoolWriter.origin(), [.line(line)])])
        var language = LokiLanguage(.init(.init(url: "http://x/")))
        let text = Self.text(language.encode(batch))
        let parts = text.matches(of: /\["[123]","([^"]*)",\{"seq":"1","part":"([0-9])","parts":"3"/)
        #expect(parts.map(\.output.2) == ["1", "2", "3"])
        #expect(parts.map { String($0.output.1) }.joined() == long)
        #expect(parts.allSatisfy { $0.output.1.utf8.count <= 250_000 })
    }

    @Test func `Loki gets equal lines that were read together at times of their own`() throws {
        func batch(_ numbers: Range<UInt64>) -> LogBatch {
            let lines = numbers.map {
                LogEvent.line(LogLine(time: 5, sequence: $0, stream: .stdout, partial: false, bytes: [97]))
            }
            return LogBatch([.init(SpoolWriter.origin(), lines)])
        }
        var language = LokiLanguage(.init(.init(url: "http://x/")))
        let text = Self.text(language.encode(batch(0..<3))) + Self.text(language.encode(batch(3..<5)))
        #expect(text.matches(of: /\["([0-9]+)","a"/).map(\.output.1) == ["5", "6", "7", "8", "9"])
    }

    @Test func `OTLP, 64-bit numbers as text`() {
        #expect(
            Self.text(OTLPLanguage(.init(.init(url: "http://x/"))).encode(Self.batch())) == """
                {"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"node-7"}},\
                {"key":"service.namespace","value":{"stringValue":"shop"}},\
                {"key":"service.name","value":{"stringValue":"web"}},\
                {"key":"service.instance.id","value":{"stringValue":"0"}},\
                {"key":"container.id","value":{"stringValue":"0123456789abcdef"}},\
                {"key":"container.image.name","value":{"stringValue":"docker.io/library/web:1.4"}},\
                {"key":"oci.manifest.digest","value":{"stringValue":"sha256:00"}}]},\
                "scopeLogs":[{"scope":{"name":"martlet"},"logRecords":[\
                {"timeUnixNano":"1795953600123456789","observedTimeUnixNano":"1795953600123456789",\
                "body":{"stringValue":"a\u{FFFD}\\""},"attributes":[\
                {"key":"log.iostream","value":{"stringValue":"stdout"}},\
                {"key":"martlet.seq","value":{"intValue":"7"}}]},\
                {"timeUnixNano":"1795953600123456790","observedTimeUnixNano":"1795953600123456790",\
                "body":{"stringValue":"\(Self.gapText)"},"attributes":[\
                {"key":"martlet.seq","value":{"intValue":"9"}},\
                {"key":"martlet.lost.lines","value":{"intValue":"2"}},\
                {"key":"martlet.lost.bytes","value":{"intValue":"30"}}]},\
                {"timeUnixNano":"1795953600123456790","observedTimeUnixNano":"1795953600123456790",\
                "body":{"stringValue":""},"attributes":[{"key":"log.iostream","value":{"stringValue":"stderr"}},\
                {"key":"martlet.seq","value":{"intValue":"9"}},{"key":"martlet.partial","value":{"boolValue":true}}]}\
                ]}]}]}
                """
        )
    }

    @Test func `Splunk, objects one behind the other`() {
        let head = #""host":"node-7","source":"shop/web/0","sourcetype":"martlet""#
        let rest =
            #""app":"shop","service":"web","instance":"0","container":"0123456789abcdef","#
            + #""image":"docker.io/library/web:1.4","digest":"sha256:00"}}"#
        #expect(
            Self.text(SplunkLanguage(.init(.init(url: "http://x/"), token: .path("/x"))).encode(Self.batch()))
                == """
                {"time":1795953600.123456789,\(head),"event":"a\u{FFFD}\\"","fields":{"stream":"stdout","seq":7,\(rest)\
                {"time":1795953600.123456790,\(head),"event":"\(Self.gapText)",\
                "fields":{"stream":"martlet","seq":9,"lost_lines":2,\(rest)\
                {"time":1795953600.123456790,\(head),"event":" ","fields":{"stream":"stderr","seq":9,"partial":"true",\(rest)
                """
        )
    }

    @Test(arguments: [
        ("bob:pass word\n", "Authorization", "Basic Ym9iOnBhc3Mgd29yZA=="),
        ("Bearer x:y", "Authorization", "Bearer x:y"),
        ("X-Key: a b", "X-Key", "a b"),
    ])
    func `a line says who we are`(_ line: String, _ name: String, _ value: String) throws {
        let field = try #require(HTTPProof.field(Array(line.utf8)))
        #expect(field.name == name && field.value == value)
    }

    @Test(arguments: ["", "word", "a\tb", "B\u{e9}arer x"]) func `other lines say nothing`(_ line: String) {
        #expect(HTTPProof.field(Array(line.utf8)) == nil)
        #expect(HTTPProof.field(Array("two words".utf8), scheme: "Splunk") == nil)
    }

    @Test func `both halves of a batch are all of it, in order`() throws {
        let (first, second) = try #require(Self.batch().halves)
        #expect(first.count == 1 && second.count == 2 && first.lines == 1 && second.lines == 1)
        #expect(
            first.parts.flatMap(\.events) + second.parts.flatMap(\.events) == Self.batch().parts[0].events
        )
        #expect(first.halves == nil)
    }
}
