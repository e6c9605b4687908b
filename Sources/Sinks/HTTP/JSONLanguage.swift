// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// Lines as JSON objects, one a line or in one array; `docs/operating.md` has the names.
struct JSONLanguage: HTTPLanguage {
    private let settings: SinkSettings.HTTP

    init(_ settings: SinkSettings.HTTP) { self.settings = settings }

    var method: String { settings.method }
    var contentType: String { settings.format == .json ? "application/json" : "application/x-ndjson" }
    var fields: [(name: String, value: String)] {
        settings.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func encode(_ batch: LogBatch) -> [UInt8] {
        let isArray = settings.format == .json
        var json = JSONText(capacity: batch.bytes + 384 * batch.count + 2)
        var clock = UTCText(digits: 9)
        if isArray { json.append("[") }
        var isFirst = true
        for part in batch.parts {
            let origin = Self.origin(part.origin)
            for (index, event) in part.events.enumerated() {
                if isArray, !isFirst { json.append(",") }
                isFirst = false
                json.append(#"{"time":""#)
                clock.append(part.time(at: index), to: &json.bytes)
                json.append(#"","seq":"#)
                switch event {
                case .line(let line):
                    json.append(line.sequence)
                    json.append(line.stream == .stdout ? #","stream":"stdout""# : #","stream":"stderr""#)
                    if line.partial { json.append(#","partial":true"#) }
                    json.append(origin)
                    if let structure = part.structure(index) {
                        json.append(#","parsed":"#)
                        json.append(structure)
                    }
                    json.append(#","line":"#)
                    json.quote(line.bytes)
                case .gap(let gap):
                    json.append(gap.next)
                    json.append(#","stream":"martlet","lost":"#)
                    Self.append(gap, &json)
                    json.append(origin)
                    json.append(#","line":"#)
                    json.quote(gap.text)
                }
                json.append("}")
                if !isArray { json.append("\n") }
            }
        }
        if isArray { json.append("]") }
        return json.bytes
    }

    /// What is the same for each line, with a comma before it.
    private static func origin(_ origin: LogOrigin) -> [UInt8] {
        var json = JSONText(capacity: 512)
        for (name, value) in [
            (#","node":"#, origin.node), (#","app":"#, origin.app), (#","service":"#, origin.service),
            (#","container":"#, origin.container), (#","image":"#, origin.image),
            (#","digest":"#, origin.imageDigest),
        ] as [(StaticString, String)] {
            json.append(name)
            json.quote(value)
        }
        json.append(#","instance":"#)
        json.append(UInt64(max(0, origin.instance)))
        guard !origin.fields.isEmpty else { return json.bytes }
        json.append(#","fields":"#)
        json.object(origin.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        return json.bytes
    }

    /// The counts of a gap as an object.
    static func append(_ gap: LogGap, _ json: inout JSONText) {
        var separator: StaticString = "{"
        for stream in LogStream.allCases {
            json.append(separator)
            json.append(stream == .stdout ? #""stdout":{"lines":"# : #""stderr":{"lines":"#)
            json.append(gap.lost[stream].lines)
            json.append(#","bytes":"#)
            json.append(gap.lost[stream].bytes)
            json.append("}")
            separator = ","
        }
        json.append("}")
    }
}
