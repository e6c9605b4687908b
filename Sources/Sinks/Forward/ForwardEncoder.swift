// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Keys
internal import Logs

/// Puts batches in the forward protocol: one PackedForward message for each tag.
struct ForwardEncoder {
    /// What is sent, and by what the receiver confirms it.
    struct Payload {
        /// The messages.
        var bytes: [UInt8] = []
        /// The name of each, without acknowledgements none.
        var chunks: [[UInt8]] = []
    }

    private struct Entries {
        let tag: String
        var packed = MessagePackText()
        var count = 0
    }

    private let settings: SinkSettings.Forward
    private let deflater: Deflater?

    init(_ settings: SinkSettings.Forward) {
        self.settings = settings
        deflater = settings.compression == .gzip ? Deflater(.gzip) : nil
    }

    /// Lines of one tag stay in order; those of replicas may have the same.
    func encode(_ batch: LogBatch) throws(SinkError) -> Payload {
        var messages: [Entries] = []
        for part in batch.parts {
            let tag = settings.tag.text(part.origin)
            let place = messages.firstIndex { $0.tag == tag } ?? messages.endIndex
            if place == messages.endIndex { messages.append(Entries(tag: tag)) }
            Self.append(part, to: &messages[place].packed)
            messages[place].count += part.events.count
        }
        var payload = Payload()
        for message in messages { try append(message, to: &payload) }
        return payload
    }

    private func append(_ message: Entries, to payload: inout Payload) throws(SinkError) {
        var entries = message.packed.bytes
        if let deflater {
            guard let packed = deflater.pack(entries) else {
                throw SinkError("pack for", "\(settings.address)", .rejected("4 GiB and more"))
            }
            entries = packed
        }
        var text = MessagePackText(capacity: entries.count + message.tag.utf8.count + 128)
        text.array(3)
        text.append(message.tag)
        text.binary(entries)
        text.map(1 + (settings.isAcknowledged ? 1 : 0) + (deflater == nil ? 0 : 1))
        text.append("size")
        text.append(UInt64(message.count))
        if settings.isAcknowledged {
            // A name that no other message has, also after a restart.
            let chunk = Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255) })
            text.append("chunk")
            text.append(chunk)
            payload.chunks.append(Array(chunk.utf8))
        }
        if deflater != nil {
            text.append("compressed")
            text.append("gzip")
        }
        payload.bytes = payload.bytes.isEmpty ? text.bytes : payload.bytes + text.bytes
    }

    // MARK: Entries

    /// What all entries of an instance have: the names are those of Docker's driver where it has them.
    private static func common(_ origin: LogOrigin) -> (keys: Int, packed: [UInt8]) {
        var text = MessagePackText()
        let name = "\(origin.app)/\(origin.service)/\(origin.instance)"
        let texts = [
            ("container_id", origin.container), ("container_name", name), ("image_name", origin.image),
            ("image_digest", origin.imageDigest), ("node", origin.node), ("app", origin.app),
            ("service", origin.service),
        ]
        for (key, value) in texts {
            text.append(key)
            text.append(value)
        }
        text.append("instance")
        text.append(UInt64(max(0, origin.instance)))
        guard !origin.fields.isEmpty else { return (texts.count + 1, text.bytes) }
        text.append("fields")
        text.map(origin.fields.count)
        for (key, value) in origin.fields.sorted(by: { $0.key < $1.key }) {
            text.append(key)
            text.append(value)
        }
        return (texts.count + 2, text.bytes)
    }

    private static func append(_ part: LogBatch.Part, to text: inout MessagePackText) {
        let common = common(part.origin)
        // A capacity asked for again and again would grow by no more than that.
        if text.bytes.isEmpty {
            let size = part.events.reduce(0) { sum, event in
                guard case .line(let line) = event else { return sum }
                return sum + line.bytes.count
            }
            text.bytes.reserveCapacity(size + part.events.count * (common.packed.count + 80))
        }
        for (index, event) in part.events.enumerated() {
            switch event {
            case .line(let line):
                let structure = part.structure(index)
                let keys = common.keys + (line.partial ? 4 : 3) + (structure == nil ? 0 : 1)
                begin(line.time, keys, &text)
                text.append(common.packed)
                text.append("source")
                text.append(line.stream == .stdout ? "stdout" : "stderr")
                text.append("seq")
                text.append(line.sequence)
                if line.partial {
                    text.append("partial_message")
                    text.append("true")
                }
                if let structure {
                    text.append("parsed")
                    text.append(json: structure)
                }
                text.append("log")
                text.text(line.bytes)
            case .gap(let gap):
                begin(part.time(at: index), common.keys + 4, &text)
                text.append(common.packed)
                text.append("source")
                text.append("martlet")
                text.append("seq")
                text.append(gap.next)
                text.append("missing")
                text.map(LogStream.allCases.count)
                for stream in LogStream.allCases {
                    text.append(stream.description)
                    text.map(2)
                    text.append("lines")
                    text.append(gap.lost[stream].lines)
                    text.append("bytes")
                    text.append(gap.lost[stream].bytes)
                }
                text.append("log")
                text.append(gap.text)
            }
        }
    }

    /// An entry with its EventTime: extension 0 of 8 bytes, seconds and nanoseconds.
    private static func begin(_ time: UInt64, _ keys: Int, _ text: inout MessagePackText) {
        let (seconds, nanoseconds) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        text.bytes += [0x92, 0xD7, 0x00]
        text.big(UInt32(clamping: seconds))
        text.big(UInt32(nanoseconds))
        text.map(keys)
    }
}

extension SinkSettings.Forward.Tag {
    /// The tag of an instance's lines.
    func text(_ origin: LogOrigin) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .word(.node): origin.node
            case .word(.app): origin.app
            case .word(.service): origin.service
            case .word(.instance): "\(origin.instance)"
            case .word(.container): origin.container
            }
        }
        .joined()
    }
}
