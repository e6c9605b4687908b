// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// Lines as messages of syslog: RFC 5424 with all that is known in structured data, or RFC 3164.
struct SyslogEncoder {
    /// How messages are kept apart.
    enum Framing { case octet, newline, none }

    private let settings: SinkSettings.SyslogMessage
    private let framing: Framing
    private let isLocal: Bool
    /// Whether control characters are written as `#ooo`, as syslog daemons themselves do.
    private let isPlain: Bool
    private var time = SyslogTime()
    private var out = Messages()
    private var head: [UInt8] = []
    private var escaped: [UInt8] = []

    /// What says which part of a line this is.
    private static let partSize = 64

    /// `isLocal` is for a daemon of this node.
    init(_ settings: SinkSettings.SyslogMessage, _ framing: Framing, isLocal: Bool = false) {
        self.settings = settings
        self.framing = framing
        self.isLocal = isLocal
        isPlain = framing == .newline || isLocal || settings.format == .rfc3164
    }

    mutating func encode(_ batch: LogBatch) -> Messages {
        out = Messages()
        out.bytes.reserveCapacity(batch.bytes + 512 * batch.count)
        out.ends.reserveCapacity(batch.count)
        for part in batch.parts { encode(part) }
        defer { out = Messages() }
        return out
    }

    private mutating func encode(_ part: LogBatch.Part) {
        let constant = SyslogHead(part.origin, settings, isLocal: isLocal)
        var now = part.firstTime ?? SinkClock.now
        for event in part.events {
            switch event {
            case .line(let line):
                now = line.time
                line.bytes.withUnsafeBytes { encode(line, $0, constant) }
            case .gap(let gap):
                begin(.gap, now, constant)
                if settings.format == .rfc5424 { describe(gap, now) }
                head += constant.tail
                let text = Array(gap.text.utf8)
                text.withUnsafeBytes { write($0) }
            }
        }
    }

    private mutating func encode(_ line: LogLine, _ raw: UnsafeRawBufferPointer, _ constant: SyslogHead) {
        guard isPlain, raw.contains(where: Self.isControl) else { return cut(line, raw, constant) }
        escape(raw)
        // The text is lent out while the rest is changed.
        let text = escaped
        text.withUnsafeBytes { cut(line, $0, constant) }
    }

    /// Writes a line as one message, or as several where it is longer than a message may be.
    private mutating func cut(_ line: LogLine, _ text: UnsafeRawBufferPointer, _ constant: SyslogHead) {
        let mark = settings.hasMark && Self.isUTF8(text)
        begin(line.stream == .stdout ? .stdout : .stderr, line.time, constant)
        if settings.format == .rfc5424 { identify(line.sequence, line.time) }
        let start = head.count
        var room = settings.maximum - start - constant.tail.count - (mark ? 3 : 0)
        if text.count <= room - (line.partial ? Self.partSize : 0) {
            if line.partial, settings.format == .rfc5424 { head.append(" partial=\"true\"") }
            head += constant.tail
            return write(text, mark: mark)
        }
        room = max(16, room - Self.partSize)
        var place = 0, ordinal: UInt64 = 1
        while place < text.count {
            let end = boundary(text, place, room)
            head.removeSubrange(start...)
            let isLast = end == text.count
            if settings.format == .rfc5424 {
                head.append(" partial=\"true\" partial_ordinal=\"")
                head.append(decimal: ordinal)
                head.append(isLast ? "\" partial_last=\"true\"" : "\" partial_last=\"false\"")
                head += constant.tail
            } else {
                head.append(isLast ? "(last part, " : "(part ")
                head.append(decimal: ordinal)
                head.append(") ")
            }
            write(UnsafeRawBufferPointer(rebasing: text[place..<end]), mark: mark)
            place = end
            ordinal += 1
        }
    }

    /// Where a part ends: between characters, and not in `#ooo`.
    private func boundary(_ text: UnsafeRawBufferPointer, _ start: Int, _ room: Int) -> Int {
        var end = start + room
        guard end < text.count else { return text.count }
        for back in 1...3 where isPlain && text[end - back] == 0x23 { return end - back }
        for back in 0...3 where text[end - back] & 0xC0 != 0x80 {
            end -= back
            break
        }
        return end
    }

    // MARK: The head

    private mutating func begin(_ topic: SyslogHead.Topic, _ now: UInt64, _ constant: SyslogHead) {
        head.removeAll(keepingCapacity: true)
        head += constant.lead(topic)
        if settings.format == .rfc5424 {
            time.append(now, to: &head)
        } else {
            time.appendLocal(now, to: &head)
        }
        head += constant.middle(topic)
    }

    private mutating func identify(_ sequence: UInt64, _ now: UInt64) {
        head.append(" seq=\"")
        head.append(decimal: sequence)
        head.append("\" time=\"")
        head.append(decimal: now)
        head.append("\"")
    }

    private mutating func describe(_ gap: LogGap, _ now: UInt64) {
        head.append(" next=\"")
        head.append(decimal: gap.next)
        let counts: [(StaticString, UInt64)] = [
            ("\" lost_stdout_lines=\"", gap.lost.stdout.lines),
            ("\" lost_stdout_bytes=\"", gap.lost.stdout.bytes),
            ("\" lost_stderr_lines=\"", gap.lost.stderr.lines),
            ("\" lost_stderr_bytes=\"", gap.lost.stderr.bytes),
        ]
        for (name, count) in counts {
            head.append(name)
            head.append(decimal: count)
        }
        head.append("\"")
    }

    // MARK: The message

    private mutating func write(_ text: UnsafeRawBufferPointer, mark: Bool = false) {
        if framing == .octet {
            out.bytes.append(decimal: UInt64(head.count + text.count + (mark ? 3 : 0)))
            out.bytes.append(" ")
        }
        out.bytes += head
        if mark { out.bytes += [0xEF, 0xBB, 0xBF] }
        out.bytes.append(contentsOf: text)
        if framing == .newline { out.bytes.append("\n") }
        out.end()
    }

    private mutating func escape(_ raw: UnsafeRawBufferPointer) {
        escaped.removeAll(keepingCapacity: true)
        for byte in raw {
            if Self.isControl(byte) {
                escaped += [0x23, 0x30 + (byte >> 6), 0x30 + (byte >> 3 & 7), 0x30 + (byte & 7)]
            } else {
                escaped.append(byte)
            }
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }

    private static func isUTF8(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { $0 < 0x80 } || String(validating: text, as: UTF8.self) != nil
    }
}

extension LogBatch.Part {
    /// When its first line was captured.
    var firstTime: UInt64? {
        for case .line(let line) in events { return line.time }
        return nil
    }
}
