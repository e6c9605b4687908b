// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Lines as entries of the journal, in the form that its socket and its export format share.
///
/// A field is `NAME=VALUE` and a newline, or, where the value has bytes that are no text, the name, a newline, the
/// length in 8 bytes, the value and a newline.
struct JournalEncoder {
    /// Where entries go.
    enum Form {
        /// systemd-journald on this node, which stamps them.
        case native
        /// systemd-journal-remote, which wants stamps and a blank line behind each (journal-export-formats).
        case export(boot: String)
    }

    private let form: Form
    private var time = SyslogTime()
    private var out = Messages()

    init(_ form: Form) { self.form = form }

    mutating func encode(_ batch: LogBatch) -> Messages {
        out = Messages()
        out.bytes.reserveCapacity(batch.bytes + 900 * batch.count)
        out.ends.reserveCapacity(batch.count)
        for part in batch.parts {
            let constant = JournalFields(part.origin).bytes
            var now = part.firstTime ?? SinkClock.now
            for event in part.events {
                if case .line(let line) = event { now = line.time }
                begin(now)
                switch event {
                case .line(let line): put(line)
                case .gap(let gap): put(gap)
                }
                out.bytes += constant
                out.bytes.append("SYSLOG_TIMESTAMP=")
                time.append(now, digits: 9, to: &out.bytes)
                out.bytes.append("\n")
                if case .export = form { out.bytes.append("\n") }
                out.end()
            }
        }
        defer { out = Messages() }
        return out
    }

    private mutating func begin(_ now: UInt64) {
        guard case .export(let boot) = form else { return }
        put("__REALTIME_TIMESTAMP=", now / 1_000)
        // The journal sorts by it within a boot; a line is known by the wall clock alone.
        put("__MONOTONIC_TIMESTAMP=", now / 1_000)
        out.bytes.append("_BOOT_ID=")
        out.bytes += boot.utf8
        out.bytes.append("\n")
    }

    private mutating func put(_ line: LogLine) {
        out.bytes.append(line.stream == .stdout ? "PRIORITY=6\n" : "PRIORITY=3\n")
        out.bytes.append(line.stream == .stdout ? "MARTLET_STREAM=stdout\n" : "MARTLET_STREAM=stderr\n")
        put("MARTLET_SEQ=", line.sequence)
        put("MARTLET_TIME=", line.time)
        if line.partial { out.bytes.append("CONTAINER_PARTIAL_MESSAGE=true\n") }
        line.bytes.withUnsafeBytes { put(message: $0) }
    }

    private mutating func put(_ gap: LogGap) {
        out.bytes.append("PRIORITY=4\n")
        put("MARTLET_LOST_NEXT=", gap.next)
        put("MARTLET_LOST_STDOUT_LINES=", gap.lost.stdout.lines)
        put("MARTLET_LOST_STDOUT_BYTES=", gap.lost.stdout.bytes)
        put("MARTLET_LOST_STDERR_LINES=", gap.lost.stderr.lines)
        put("MARTLET_LOST_STDERR_BYTES=", gap.lost.stderr.bytes)
        let text = Array(gap.text.utf8)
        text.withUnsafeBytes { put(message: $0) }
    }

    private mutating func put(_ name: StaticString, _ number: UInt64) {
        out.bytes.append(name)
        out.bytes.append(decimal: number)
        out.bytes.append("\n")
    }

    private mutating func put(message: UnsafeRawBufferPointer) {
        if message.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) {
            out.bytes.append("MESSAGE=")
        } else {
            out.bytes.append("MESSAGE\n")
            withUnsafeBytes(of: UInt64(message.count).littleEndian) { out.bytes.append(contentsOf: $0) }
        }
        out.bytes.append(contentsOf: message)
        out.bytes.append("\n")
    }
}
