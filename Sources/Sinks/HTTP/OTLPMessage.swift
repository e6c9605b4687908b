// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// What `OTLPLanguage` says as protobuf: `ExportLogsServiceRequest` of opentelemetry-proto 1.x, logs/v1.
struct OTLPMessage {
    /// A record is put together here, as its length comes before it.
    private var record = ProtobufText(capacity: 1 << 10)

    /// A batch as a request.
    static func request(_ batch: LogBatch) -> [UInt8] {
        var message = OTLPMessage(), request = ProtobufText(capacity: batch.bytes + 160 * batch.count + 1_024)
        for part in batch.parts { message.append(part, to: &request) }
        return request.bytes
    }

    /// `ResourceLogs`, which is one resource with one scope.
    private mutating func append(_ part: LogBatch.Part, to request: inout ProtobufText) {
        var attributes = ProtobufText(), scope = ProtobufText(), records = ProtobufText()
        for (name, value) in OTLPLanguage.attributes(part.origin) {
            Self.attribute(1, name, value, &attributes)
        }
        scope.field(1, "martlet")
        for index in part.events.indices {
            record.bytes.removeAll(keepingCapacity: true)
            append(part, index)
            records.field(2, record.bytes)
        }
        var head = ProtobufText(), about = ProtobufText()
        about.field(1, attributes.bytes)
        head.field(1, scope.bytes)
        about.field(2, count: head.bytes.count + records.bytes.count)
        request.field(1, count: about.bytes.count + head.bytes.count + records.bytes.count)
        request.bytes += about.bytes
        request.bytes += head.bytes
        request.bytes += records.bytes
    }

    /// `LogRecord`.
    private mutating func append(_ part: LogBatch.Part, _ index: Int) {
        let time = part.time(at: index)
        record.field(1, fixed: time)
        record.field(11, fixed: time)
        switch part.events[index] {
        case .line(let line):
            var body = ProtobufText(capacity: line.bytes.count + 8)
            // What is no text stays what it is.
            body.field(line.bytes.withUnsafeBytes(UTF8Sequence.isText) ? 1 : 7, line.bytes)
            record.field(5, body.bytes)
            Self.attribute(6, "log.iostream", line.stream == .stdout ? "stdout" : "stderr", &record)
            number("martlet.seq", line.sequence)
            if line.partial {
                var value = ProtobufText()
                value.field(2, 1)
                Self.attribute(6, "martlet.partial", value, &record)
            }
        case .gap(let gap):
            var body = ProtobufText()
            body.field(1, gap.text)
            record.field(5, body.bytes)
            number("martlet.seq", gap.next)
            number("martlet.lost.lines", gap.lines)
            number("martlet.lost.bytes", gap.lost.stdout.bytes &+ gap.lost.stderr.bytes)
        }
    }

    private mutating func number(_ name: String, _ value: UInt64) {
        var number = ProtobufText()
        number.field(3, value)
        Self.attribute(6, name, number, &record)
    }

    private static func attribute(_ field: Int, _ name: String, _ value: String, _ text: inout ProtobufText) {
        var string = ProtobufText()
        string.field(1, value)
        attribute(field, name, string, &text)
    }

    /// `KeyValue`.
    private static func attribute(
        _ field: Int,
        _ name: String,
        _ value: ProtobufText,
        _ text: inout ProtobufText
    ) {
        var pair = ProtobufText(capacity: name.utf8.count + value.bytes.count + 8)
        pair.field(1, name)
        pair.field(2, value.bytes)
        text.field(field, pair.bytes)
    }

    /// How many records an `ExportLogsServiceResponse` says were refused; nil for what is none.
    static func refused(_ response: [UInt8]) -> Int? {
        guard let fields = ProtobufText.fields(response) else { return nil }
        var refused = 0
        for case (1, .bytes(let partial)) in fields {
            guard let fields = ProtobufText.fields(partial) else { return nil }
            for case (1, .number(let count)) in fields { refused = Int(clamping: Int64(bitPattern: count)) }
        }
        return refused
    }
}
