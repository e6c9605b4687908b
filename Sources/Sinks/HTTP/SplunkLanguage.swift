// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Logs

/// Splunk's HTTP Event Collector: objects one behind the other, `POST /services/collector/event`.
struct SplunkLanguage: HTTPLanguage {
    private let settings: SinkSettings.Splunk
    /// Whose acknowledgements are asked for.
    ///
    /// One is known to one process of the collector: after a failure there is
    /// another, so that no number of an old one is taken for ours.
    private var channel = UUID()

    init(_ settings: SinkSettings.Splunk) { self.settings = settings }

    var token: (scheme: String, file: RegistrySettings.File)? { ("Splunk", settings.token) }
    var fields: [(name: String, value: String)] {
        settings.isAcknowledged ? [("X-Splunk-Request-Channel", channel.uuidString)] : []
    }

    mutating func disconnect() { channel = UUID() }

    // MARK: Acknowledgements

    private struct Taken: Decodable { let ackId: UInt64? }
    private struct Indexed: Decodable { let acks: [String: Bool] }

    /// By the number that the collector gave the request.
    func inquiry(_ answer: [UInt8]) throws(HTTPNonsense) -> HTTPInquiry? {
        guard settings.isAcknowledged, let url = settings.acknowledgementURL else { return nil }
        guard let number = try? JSONDecoder().decode(Taken.self, from: Data(answer)).ackId else {
            throw HTTPNonsense(
                text: "it has no 'ackId': enable indexer acknowledgement for the token, or remove 'ack: true'"
            )
        }
        return HTTPInquiry(
            url: url,
            body: Array(#"{"acks":[\#(number)]}"#.utf8),
            patience: settings.patience
        ) { (answer) throws(HTTPNonsense) in
            guard let indexed = try? JSONDecoder().decode(Indexed.self, from: Data(answer)) else {
                throw HTTPNonsense(text: "it does not say what is indexed")
            }
            return indexed.acks["\(number)"] ?? false
        }
    }

    func encode(_ batch: LogBatch) -> [UInt8] {
        var json = JSONText(capacity: batch.bytes + 512 * batch.count)
        for part in batch.parts {
            let origin = Self.origin(part.origin)
            for (index, event) in part.events.enumerated() {
                json.append(#"{"time":"#)
                json.append(seconds: part.time(at: index))
                json.append(origin.head)
                json.append(#","event":"#)
                switch event {
                case .line(let line):
                    // The collector refuses an event without text.
                    if line.bytes.isEmpty { json.append(#"" ""#) } else { json.quote(line.bytes) }
                    json.append(
                        line.stream == .stdout
                            ? #","fields":{"stream":"stdout","seq":"#
                            : #","fields":{"stream":"stderr","seq":"#
                    )
                    json.append(line.sequence)
                    if line.partial { json.append(#","partial":"true""#) }
                case .gap(let gap):
                    json.quote(gap.text)
                    json.append(#","fields":{"stream":"martlet","seq":"#)
                    json.append(gap.next)
                    json.append(#","lost_lines":"#)
                    json.append(gap.lines)
                }
                json.append(origin.fields)
            }
        }
        return json.bytes
    }

    /// What is the same for each line: before its text, and behind it.
    private static func origin(_ origin: LogOrigin) -> (head: [UInt8], fields: [UInt8]) {
        var head = JSONText(), fields = JSONText()
        head.append(#","host":"#)
        head.quote(origin.node)
        head.append(#","source":"#)
        head.quote("\(origin.app)/\(origin.service)/\(origin.instance)")
        head.append(#","sourcetype":"martlet""#)
        let known = [
            ("app", origin.app), ("service", origin.service), ("instance", "\(origin.instance)"),
            ("container", origin.container), ("image", origin.image), ("digest", origin.imageDigest),
        ]
        for (name, value) in known
            + origin.fields.sorted(by: { $0.key < $1.key }).map({ ("field_\($0)", $1) })
        {
            fields.append(",")
            fields.quote(name)
            fields.append(":")
            fields.quote(value)
        }
        fields.append("}}")
        return (head.bytes, fields.bytes)
    }
}

extension JSONText {
    /// Nanoseconds as seconds with nine digits behind the point.
    mutating func append(seconds time: UInt64) {
        let (seconds, nanoseconds) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        append(seconds)
        append(".")
        let digits = "\(nanoseconds)".utf8
        bytes += repeatElement(UInt8(ascii: "0"), count: 9 - digits.count)
        bytes += digits
    }
}
