// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Puts events in JSON with the names of the Elastic Common Schema.
struct EventEncoder {
    /// The form of what is not of that schema: the version in `@metadata`.
    private static let form: StaticString =
        #""@metadata":{"beat":"martlet","type":"_doc","version":"1","_id":"#
    /// The same for all events of an instance.
    private let common: [UInt8]
    private let app: [UInt8]
    /// Quoted, without the mark at its end.
    private let container: [UInt8]
    private var clock = UTCText(digits: 3)

    /// Events of an instance.
    init(_ origin: LogOrigin) {
        var text = JSONText()
        text.quote(origin.container)
        container = text.bytes.dropLast()
        text = JSONText()
        text.append(#","app":"#)
        text.quote(origin.app)
        text.append(#","instance":"#)
        text.append(UInt64(max(0, origin.instance)))
        app = text.bytes

        text = JSONText()
        text.append(#","container":{"id":"#)
        text.quote(origin.container)
        text.append(#","name":"#)
        text.quote("\(origin.app)/\(origin.service)/\(origin.instance)")
        text.append(#","image":{"name":"#)
        text.quote(origin.image)
        text.append(#","hash":{"all":["#)
        text.quote(origin.imageDigest)
        text.append(#"]}}},"service":{"name":"#)
        text.quote(origin.service)
        text.append(#"},"host":{"name":"#)
        text.quote(origin.node)
        text.append(#"},"agent":{"type":"martlet"},"ecs":{"version":"8.11.0"}"#)
        if !origin.fields.isEmpty {
            text.append(#","labels":{"#)
            for (index, field) in origin.fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text.append(",") }
                text.quote(field.key)
                text.append(":")
                text.quote(field.value)
            }
            text.append("}")
        }
        text.append("}")
        common = text.bytes
    }

    /// How many bytes an event has at most, beside those of its line and what they need of escapes.
    var overhead: Int { common.count + app.count + container.count + 320 }

    /// Appends an event of a part.
    mutating func append(_ part: LogBatch.Part, _ index: Int, to text: inout JSONText) {
        let time = part.time(at: index)
        text.append(#"{"@timestamp":""#)
        clock.append(time, to: &text.bytes)
        text.append("\",")
        text.append(Self.form)
        switch part.events[index] {
        case .line(let line):
            name(line.sequence, "", &text)
            text.append(
                line.stream == .stdout
                    ? #","stream":"stdout","log":{"offset":"# : #","stream":"stderr","log":{"offset":"#
            )
            text.append(line.sequence)
            if line.partial { text.append(#","flags":["partial"]"#) }
            node(time, &text)
            text.append(#"},"message":"#)
            text.quote(line.bytes)
            if let structure = part.structure(index) {
                text.append(#","parsed":"#)
                text.append(structure)
            }
        case .gap(let gap):
            name(gap.next, "-gap", &text)
            text.append(#","log":{"offset":"#)
            text.append(gap.next)
            node(time, &text)
            for stream in LogStream.allCases {
                text.append(stream == .stdout ? #","missing":{"stdout":{"lines":"# : #","stderr":{"lines":"#)
                text.append(gap.lost[stream].lines)
                text.append(#","bytes":"#)
                text.append(gap.lost[stream].bytes)
                text.append("}")
            }
            text.append(#"}},"message":"#)
            text.quote(gap.text)
        }
        text.append(common)
    }

    /// What Elasticsearch can have as a document's name, so that one that comes twice is there once.
    private func name(_ sequence: UInt64, _ kind: StaticString, _ text: inout JSONText) {
        text.append(container)
        text.append("-")
        text.append(sequence)
        text.append(kind)
        text.append("\"}")
    }

    /// What the schema has no names for; it stays open.
    private func node(_ time: UInt64, _ text: inout JSONText) {
        text.append(#"},"martlet":{"nanoseconds":"#)
        text.append(time)
        text.append(app)
    }
}

extension EventEncoder {
    /// A batch as lines of JSON, an event each.
    static func lines(_ batch: LogBatch) -> [UInt8] {
        var text = JSONText(capacity: batch.bytes + batch.count * 800)
        for part in batch.parts {
            var encoder = EventEncoder(part.origin)
            for index in part.events.indices {
                encoder.append(part, index, to: &text)
                text.append("\n")
            }
        }
        return text.bytes
    }
}
