// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// Loki's push API, `POST /loki/api/v1/push`, as JSON.
///
/// A stream of Loki is a stream of an instance; what is no label is structured metadata (Loki 3).
struct LokiLanguage: HTTPLanguage {
    /// Loki refuses a line that is longer than 256 KiB unless it is told otherwise: it is sent in parts.
    static let maximum = 250_000

    /// Loki takes a line for one that came before if text and time are the same: lines that were read together are a
    /// nanosecond apart, as long as that makes them less than this younger.
    private static let mostAhead: UInt64 = 1_000_000_000
    private static let mostStreams = 10_000

    private let settings: SinkSettings.Loki
    /// The last time of each of Loki's streams, by its labels.
    private var last: [[UInt8]: UInt64] = [:]

    init(_ settings: SinkSettings.Loki) { self.settings = settings }

    var fields: [(name: String, value: String)] {
        settings.tenant.map { [("X-Scope-OrgID", $0)] } ?? []
    }

    mutating func encode(_ batch: LogBatch) -> [UInt8] {
        var json = JSONText(capacity: batch.bytes + 384 * batch.count + 64)
        json.append(#"{"streams":["#)
        var isFirst = true
        for part in batch.parts {
            for stream in LogStream.allCases where part.events.contains(where: { Self.stream($0) == stream })
            {
                if !isFirst { json.append(",") }
                isFirst = false
                append(part, stream, &json)
            }
        }
        json.append("]}")
        return json.bytes
    }

    /// Which stream an event is told in: a gap in the first of those that miss something.
    private static func stream(_ event: LogEvent) -> LogStream {
        switch event {
        case .line(let line): line.stream
        case .gap(let gap): gap.lost.stdout.isZero && !gap.lost.stderr.isZero ? .stderr : .stdout
        }
    }

    private mutating func append(_ part: LogBatch.Part, _ stream: LogStream, _ json: inout JSONText) {
        let words = Self.words(part.origin, stream)
        var labels = JSONText()
        var separator: StaticString = "{"
        for label in settings.labels {
            labels.append(separator)
            labels.quote(label.rawValue)
            labels.append(":")
            labels.quote(words[label] ?? "")
            separator = ","
        }
        json.append(#"{"stream":"#)
        json.append(labels.bytes)
        json.append(#"},"values":["#)
        var clock = last[labels.bytes] ?? 0
        func tick(_ time: UInt64) -> UInt64 {
            clock = time <= clock && clock - time < Self.mostAhead ? clock + 1 : time
            return clock
        }
        let metadata = metadata(part.origin, words)
        var isFirst = true
        for (index, event) in part.events.enumerated() where Self.stream(event) == stream {
            if !isFirst { json.append(",") }
            isFirst = false
            switch event {
            case .line(let line):
                if line.bytes.count <= Self.maximum {
                    Self.append(tick(line.time), text: { $0.quote(line.bytes) }, line.sequence, &json)
                    if line.partial { json.append(#","partial":"true""#) }
                    json.append(metadata)
                } else {
                    Self.append(line, tick, metadata, &json)
                }
            case .gap(let gap):
                let time = tick(part.time(at: index))
                Self.append(time, text: { $0.quote(gap.text) }, gap.next, &json)
                json.append(#","lost_lines":""#)
                json.append(gap.lines)
                json.append(#"","lost_bytes":""#)
                json.append(gap.lost.stdout.bytes &+ gap.lost.stderr.bytes)
                json.append("\"")
                json.append(metadata)
            }
        }
        json.append("]}")
        if last.count >= Self.mostStreams { last = [:] }
        last[labels.bytes] = clock
    }

    /// A value up to its sequence number; what follows closes it.
    private static func append(
        _ time: UInt64,
        text: (inout JSONText) -> Void,
        _ sequence: UInt64,
        _ json: inout JSONText
    ) {
        json.append(#"[""#)
        json.append(time)
        json.append(#"","#)
        text(&json)
        json.append(#",{"seq":""#)
        json.append(sequence)
        json.append("\"")
    }

    /// A line in parts of one sequence number, none of which ends within a character.
    private static func append(
        _ line: LogLine,
        _ tick: (UInt64) -> UInt64,
        _ metadata: [UInt8],
        _ json: inout JSONText
    ) {
        var ends: [Int] = [0]
        while let last = ends.last, last < line.bytes.count {
            var end = min(last + maximum, line.bytes.count)
            // UTF-8 has at most three bytes that go on behind a first one.
            for _ in 0..<3 where end < line.bytes.count && line.bytes[end] & 0xC0 == 0x80 { end -= 1 }
            ends.append(end)
        }
        for index in 1..<ends.count {
            if index > 1 { json.append(",") }
            let piece = Array(line.bytes[ends[index - 1]..<ends[index]])
            append(tick(line.time), text: { $0.quote(piece) }, line.sequence, &json)
            json.append(#","part":""#)
            json.append(UInt64(index))
            json.append(#"","parts":""#)
            json.append(UInt64(ends.count - 1))
            json.append("\"")
            if line.partial { json.append(#","partial":"true""#) }
            json.append(metadata)
        }
    }

    private static func words(_ origin: LogOrigin, _ stream: LogStream) -> [SinkSettings.Loki.Label: String] {
        [
            .app: origin.app, .service: origin.service, .instance: "\(origin.instance)",
            .stream: "\(stream)", .node: origin.node, .container: origin.container, .image: origin.image,
        ]
    }

    /// What is no label, and the end of a value.
    private func metadata(_ origin: LogOrigin, _ words: [SinkSettings.Loki.Label: String]) -> [UInt8] {
        var json = JSONText(capacity: 512)
        let left = SinkSettings.Loki.Label.allCases.filter { !settings.labels.contains($0) }
            .map { ($0.rawValue, words[$0] ?? "") }
        let fields = origin.fields.sorted { $0.key < $1.key }.map { ("field_\($0.key)", $0.value) }
        for (name, value) in left + [("digest", origin.imageDigest)] + fields {
            json.append(",")
            json.quote(name)
            json.append(":")
            json.quote(value)
        }
        json.append("}]")
        return json.bytes
    }
}
