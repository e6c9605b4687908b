// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Lines as GELF 1.1: a JSON object each.
struct GELFEncoder {
    /// What stands behind each message: a NUL ends one in a stream, and is in none, as JSON escapes it.
    let end: [UInt8]

    func encode(_ batch: LogBatch) -> Messages {
        var json = JSONText(capacity: batch.bytes + 512 * batch.count)
        var messages = Messages()
        messages.ends.reserveCapacity(batch.count)
        for part in batch.parts {
            let origin = Self.origin(part.origin)
            for (index, event) in part.events.enumerated() {
                json.append(#"{"version":"1.1","timestamp":"#)
                json.append(seconds: part.time(at: index))
                switch event {
                case .line(let line):
                    // 3 is an error, 6 a piece of information (syslog).
                    json.append(
                        line.stream == .stdout
                            ? #","level":6,"_stream":"stdout","_seq":"#
                            : #","level":3,"_stream":"stderr","_seq":"#
                    )
                    json.append(line.sequence)
                    if line.partial { json.append(#","_partial":"true""#) }
                    json.append(origin)
                    json.append(#","short_message":"#)
                    if Self.isBlank(line.bytes) {
                        // The specification wants a text, and Graylog refuses one that is blank.
                        json.append(#""-","full_message":"#)
                    }
                    json.quote(line.bytes)
                case .gap(let gap):
                    json.append(#","level":4,"_stream":"martlet","_seq":"#)
                    json.append(gap.next)
                    json.append(#","_lost_lines":"#)
                    json.append(gap.lines)
                    json.append(origin)
                    json.append(#","short_message":"#)
                    json.quote(gap.text)
                }
                json.append("}")
                json.append(end)
                messages.ends.append(json.bytes.count)
            }
        }
        messages.bytes = json.bytes
        return messages
    }

    private static func isBlank(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }
    }

    private static func origin(_ origin: LogOrigin) -> [UInt8] {
        var json = JSONText(capacity: 512)
        json.append(#","host":"#)
        json.quote(origin.node)
        let known = [
            ("_app", origin.app), ("_service", origin.service), ("_instance", "\(origin.instance)"),
            ("_container", origin.container), ("_image", origin.image), ("_digest", origin.imageDigest),
        ]
        for (name, value) in known + origin.fields.sorted(by: { $0.key < $1.key }).map({ (field($0), $1) }) {
            json.append(",")
            json.quote(name)
            json.append(":")
            json.quote(value)
        }
        return json.bytes
    }

    /// A name that begins as no other of ours and has the letters of GELF alone.
    private static func field(_ name: String) -> String {
        "_field_"
            + String(
                name.unicodeScalars.map { scalar in
                    let isFine =
                        scalar.isASCII
                        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                    return isFine || "_.-".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
                }
            )
    }
}
