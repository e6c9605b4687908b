// SPDX-License-Identifier: Apache-2.0
package import Control
internal import Glibc
internal import Logs
package import Patterns

/// Prints log lines for people (`web.1 | text`) or programs (one JSON object a line), many at a time.
package struct LogPrinter {
    private var labels: LogLabels
    private let json: Bool
    private let isPlain: Bool
    private let search: PatternSearch?
    private var scan = LogRecordScan()
    private var records = LogRecordText()
    /// What is to be printed.
    private var out: [UInt8] = []
    private static let most = 64 << 10

    /// `isPlain` is without colours; what does not match `pattern` is left out.
    package init(
        services: [String] = [],
        json: Bool = false,
        isPlain: Bool = false,
        pattern: Pattern? = nil
    ) {
        labels = LogLabels(services: services, isPlain: isPlain)
        self.json = json
        self.isPlain = isPlain
        search = pattern.map(PatternSearch.init)
    }

    /// Makes room for an instance's label before its first line comes.
    package mutating func expect(service: String, instance: Int) {
        labels.expect(service: service, instance: instance)
    }

    /// Prints the records in an agent's answer, one a line.
    package mutating func print(_ lines: [UInt8]) throws(ControlError) {
        defer { flush() }
        var start = 0
        while start < lines.count, !Terminal.isCut {
            let end = Self.end(of: lines, from: start)
            if end > start, !add(lines, start..<end) { add(try LogRecord(json: Array(lines[start..<end]))) }
            start = end + 1
            if out.count >= Self.most { flush() }
        }
    }

    /// Adds what an instance wrote; programs see by `seq` what is missing.
    package mutating func add(_ run: LogTail.Run) {
        for event in run.events {
            switch event {
            case .line(let line) where !matches(line.bytes): break
            case .line(let line) where json:
                records.append(line, of: run.instance)
                out += records.bytes
                records.clear()
            case .line(let line): add(line.bytes, run.service, run.index)
            case .gap where json: break
            case .gap(let gap): add(gap, run.service, run.index)
            }
        }
        if out.count >= Self.most { flush() }
    }

    /// Prints what was added.
    package mutating func flush() {
        guard !out.isEmpty else { return }
        Terminal.write(out, to: STDOUT_FILENO)
        out.removeAll(keepingCapacity: true)
    }

    // MARK: Lines

    /// Adds a record as this version's agent writes it; false if it is not.
    private mutating func add(_ lines: [UInt8], _ range: Range<Int>) -> Bool {
        let isRead = lines.withUnsafeBytes { scan.read(UnsafeRawBufferPointer(rebasing: $0[range])) }
        guard isRead else { return false }
        guard matches(scan.line) else { return true }
        if json {
            out += lines[range]
            out.append(UInt8(ascii: "\n"))
        } else {
            add(scan.line, scan.service, scan.instance)
        }
        return true
    }

    private mutating func add(_ record: LogRecord) {
        let line = Array(record.line.utf8)
        guard matches(line) else { return }
        guard json else { return add(line, record.service, record.instance) }
        flush()
        Terminal.printJSON(record)
    }

    private mutating func add(_ line: [UInt8], _ service: String, _ instance: Int) {
        out += labels.label(service: service, instance: instance)
        if Terminal.isInteractive {
            out += TerminalText.sanitised(line).utf8
        } else if line.withUnsafeBytes({ UTF8Sequence.isText($0) }) {
            out += line
        } else {
            out += String(decoding: line, as: UTF8.self).utf8
        }
        out.append(UInt8(ascii: "\n"))
    }

    private mutating func add(_ gap: LogGap, _ service: String, _ instance: Int) {
        out += labels.label(service: service, instance: instance)
        out += (isPlain ? "[\(gap)]" : Terminal.paint("[\(gap)]", code: 2)).utf8
        out.append(UInt8(ascii: "\n"))
    }

    private func matches(_ line: [UInt8]) -> Bool {
        guard let search else { return true }
        return line.withUnsafeBytes { search.firstMatch(in: $0) != nil }
    }

    /// Where a line's end is.
    private static func end(of lines: [UInt8], from start: Int) -> Int {
        lines.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start)
            else {
                return bytes.count
            }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }
}
