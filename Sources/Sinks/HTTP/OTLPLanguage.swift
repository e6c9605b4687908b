// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Logs

/// OpenTelemetry's logs over HTTP (OTLP 1.x, `POST /v1/logs`), as JSON, where 64-bit numbers are strings, or protobuf.
///
/// Names are those of the semantic conventions where these have one.
struct OTLPLanguage: HTTPLanguage {
    private let encoding: SinkSettings.OTLP.Encoding

    init(_ settings: SinkSettings.OTLP) { encoding = settings.encoding }

    var contentType: String { encoding == .json ? "application/json" : "application/x-protobuf" }

    func encode(_ batch: LogBatch) -> [UInt8] {
        encoding == .json ? Self.json(batch) : OTLPMessage.request(batch)
    }

    private static func json(_ batch: LogBatch) -> [UInt8] {
        var json = JSONText(capacity: batch.bytes + 256 * batch.count + 64)
        json.append(#"{"resourceLogs":["#)
        for (index, part) in batch.parts.enumerated() {
            if index > 0 { json.append(",") }
            resource(part.origin, &json)
            json.append(#","scopeLogs":[{"scope":{"name":"martlet"},"logRecords":["#)
            for index in part.events.indices {
                if index > 0 { json.append(",") }
                record(part, index, &json)
            }
            json.append("]}]}")
        }
        json.append("]}")
        return json.bytes
    }

    /// What is the same for all lines of an instance.
    static func attributes(_ origin: LogOrigin) -> [(name: String, value: String)] {
        [
            ("host.name", origin.node), ("service.namespace", origin.app), ("service.name", origin.service),
            ("service.instance.id", "\(origin.instance)"), ("container.id", origin.container),
            ("container.image.name", origin.image), ("oci.manifest.digest", origin.imageDigest),
        ] + origin.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func resource(_ origin: LogOrigin, _ json: inout JSONText) {
        json.append(#"{"resource":{"attributes":["#)
        for (index, (name, value)) in attributes(origin).enumerated() {
            json.append(index > 0 ? #",{"key":"# : #"{"key":"#)
            json.quote(name)
            json.append(#","value":{"stringValue":"#)
            json.quote(value)
            json.append("}}")
        }
        json.append("]}")
    }

    private static func record(_ part: LogBatch.Part, _ index: Int, _ json: inout JSONText) {
        let time = part.time(at: index)
        json.append(#"{"timeUnixNano":""#)
        json.append(time)
        json.append(#"","observedTimeUnixNano":""#)
        json.append(time)
        json.append(#"","body":{"stringValue":"#)
        switch part.events[index] {
        case .line(let line):
            json.quote(line.bytes)
            json.append(#"},"attributes":[{"key":"log.iostream","value":{"stringValue":"#)
            json.append(line.stream == .stdout ? #""stdout"}}"# : #""stderr"}}"#)
            number(#",{"key":"martlet.seq","value":{"intValue":""#, line.sequence, &json)
            if line.partial { json.append(#",{"key":"martlet.partial","value":{"boolValue":true}}"#) }
        case .gap(let gap):
            json.quote(gap.text)
            json.append(#"},"attributes":["#)
            number(#"{"key":"martlet.seq","value":{"intValue":""#, gap.next, &json)
            number(#",{"key":"martlet.lost.lines","value":{"intValue":""#, gap.lines, &json)
            let bytes = gap.lost.stdout.bytes &+ gap.lost.stderr.bytes
            number(#",{"key":"martlet.lost.bytes","value":{"intValue":""#, bytes, &json)
        }
        json.append("]}")
    }

    private static func number(_ start: StaticString, _ value: UInt64, _ json: inout JSONText) {
        json.append(start)
        json.append(value)
        json.append("\"}}")
    }

    // MARK: Answers

    /// `ExportLogsServiceResponse`; an answer without a body says the same as an empty object.
    private struct Response: Decodable {
        struct Partial: Decodable {
            let rejectedLogRecords: Number?
        }

        /// A 64-bit number is a string in JSON, but not every collector knows.
        struct Number: Decodable {
            let value: Int

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    value = number
                } else if let number = Int(try container.decode(String.self)) {
                    value = number
                } else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
                }
            }
        }

        let partialSuccess: Partial?
    }

    func refused(_ answer: [UInt8]) throws(HTTPNonsense) -> Int? {
        if encoding == .protobuf {
            guard let count = OTLPMessage.refused(answer) else {
                throw HTTPNonsense(
                    text: "it is no ExportLogsServiceResponse in protobuf: is the URL that of OTLP?"
                )
            }
            return count
        }
        guard answer.contains(where: { !" \r\n\t".utf8.contains($0) }) else { return nil }
        do {
            let response = try JSONDecoder().decode(Response.self, from: Data(answer))
            return response.partialSuccess?.rejectedLogRecords?.value
        } catch {
            throw HTTPNonsense(
                text: "it is no JSON of an ExportLogsServiceResponse: is the URL that of OTLP?"
            )
        }
    }
}
