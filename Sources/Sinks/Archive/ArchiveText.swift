// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// What an archived object reads when it is inflated: a record a line, for people as well as for programs.
///
/// `2026-11-29T12:00:00.123456789Z 42 stdout F text`; `docs/formats/archive.md` has it to the byte.
struct ArchiveText {
    /// A record as it was read.
    enum Record: Equatable {
        /// Whose lines follow, as JSON.
        case origin([UInt8])
        case event(LogEvent)
    }

    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")

    private(set) var bytes: [UInt8] = []
    private var clock = UTCText(digits: 9)
    /// The lines of a read batch have one time.
    private var stamped: UInt64 = 0
    private var stamp: [UInt8] = []

    // MARK: Writing

    /// Lets go of what was written, and keeps the room.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ line: LogLine) {
        head(line.time, line.sequence, line.stream == .stdout ? " stdout " : " stderr ")
        bytes.append(UInt8(ascii: line.partial ? "P" : "F"))
        bytes.append(Self.space)
        text(line.bytes)
    }

    /// `time` is that of a line beside it: what is missing has none.
    mutating func append(_ gap: LogGap, time: UInt64) {
        head(time, gap.next, " gap -")
        for count in [gap.lost.stdout, gap.lost.stderr] {
            bytes += " \(count.lines) \(count.bytes)".utf8
        }
        bytes += " \(gap.cause.rawValue)".utf8
        bytes.append(Self.newline)
    }

    mutating func append(origin json: [UInt8], time: UInt64, position: UInt64) {
        head(time, position, " origin - ")
        text(json)
    }

    private mutating func head(_ time: UInt64, _ sequence: UInt64, _ kind: StaticString) {
        if stamped != time || stamp.isEmpty {
            stamped = time
            stamp.removeAll(keepingCapacity: true)
            clock.append(time, to: &stamp)
            stamp.append(Self.space)
        }
        bytes += stamp
        number(sequence)
        kind.withUTF8Buffer { bytes += $0 }
    }

    /// What a newline in it leads to begins with a space: no record does.
    private mutating func text(_ text: [UInt8]) {
        if text.contains(Self.newline) {
            for byte in text {
                bytes.append(byte)
                if byte == Self.newline { bytes.append(Self.space) }
            }
        } else {
            bytes += text
        }
        bytes.append(Self.newline)
    }

    private mutating func number(_ value: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (place, rest) = (20, value)
            repeat {
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            bytes += digits[place...]
        }
    }

    // MARK: Reading

    /// The record that begins at a place, which moves behind it; nil for what is none.
    static func record(_ bytes: borrowing [UInt8], at place: inout Int) -> Record? {
        var end = place
        while true {
            while end < bytes.count, bytes[end] != newline { end += 1 }
            guard end < bytes.count else { return nil }
            guard end + 1 < bytes.count, bytes[end + 1] == space else { break }
            end += 1
        }
        defer { place = end + 1 }
        guard let time = time(bytes, at: &place), let sequence = number(bytes, at: &place),
            let kind = word(bytes, at: &place)
        else { return nil }
        switch kind {
        case "stdout", "stderr":
            guard let tag = word(bytes, at: &place), tag == "F" || tag == "P", place <= end else {
                return nil
            }
            let line = LogLine(
                time: time,
                sequence: sequence,
                stream: kind == "stdout" ? .stdout : .stderr,
                partial: tag == "P",
                bytes: text(bytes, place..<end)
            )
            return .event(.line(line))
        case "gap":
            guard word(bytes, at: &place) == "-" else { return nil }
            var counts: [UInt64] = []
            for _ in 0..<4 {
                guard let count = number(bytes, at: &place) else { return nil }
                counts.append(count)
            }
            // Objects that were stored before gaps had causes end here, and whoever knows more of them goes on.
            let cause = place <= end ? String(decoding: bytes[place..<end], as: UTF8.self) : ""
            return .event(
                .gap(
                    LogGap(
                        next: sequence,
                        lost: PerStream(
                            stdout: LineCount(lines: counts[0], bytes: counts[1]),
                            stderr: LineCount(lines: counts[2], bytes: counts[3])
                        ),
                        cause: LossCause(rawValue: cause) ?? .dropped
                    )
                )
            )
        case "origin":
            guard word(bytes, at: &place) == "-", place <= end else { return nil }
            return .origin(text(bytes, place..<end))
        default: return nil
        }
    }

    private static func text(_ bytes: borrowing [UInt8], _ range: Range<Int>) -> [UInt8] {
        var text = Array(bytes[range])
        guard let first = text.firstIndex(of: newline) else { return text }
        var end = first
        var isFresh = false
        for index in first..<text.count {
            if !(isFresh && text[index] == space) {
                text[end] = text[index]
                end += 1
            }
            isFresh = text[index] == newline
        }
        text.removeSubrange(end...)
        return text
    }

    /// Up to the next space, or the end of the line.
    private static func word(_ bytes: borrowing [UInt8], at place: inout Int) -> String? {
        let start = place
        while place < bytes.count, bytes[place] != space, bytes[place] != newline, place - start <= 8 {
            place += 1
        }
        guard place < bytes.count, place - start <= 8 else { return nil }
        defer { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func number(_ bytes: borrowing [UInt8], at place: inout Int) -> UInt64? {
        var value: UInt64 = 0
        let start = place
        while place < bytes.count, bytes[place] != space, bytes[place] != newline {
            let digit = bytes[place] &- UInt8(ascii: "0")
            let (tens, isHuge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isHuger) = tens.addingReportingOverflow(UInt64(digit))
            guard digit < 10, !isHuge, !isHuger else { return nil }
            value = sum
            place += 1
        }
        guard place > start, place < bytes.count else { return nil }
        place += 1
        return value
    }

    /// `YYYY-MM-DDTHH:MM:SS.NNNNNNNNNZ` and a space.
    private static func time(_ bytes: borrowing [UInt8], at place: inout Int) -> UInt64? {
        guard bytes.count - place > 31 else { return nil }
        var parts: [Int64] = []
        for (width, sign) in [
            (4, "-"), (2, "-"), (2, "T"), (2, ":"), (2, ":"), (2, "."), (9, "Z"),
        ] as [(Int, Unicode.Scalar)] {
            var value: Int64 = 0
            for _ in 0..<width {
                let digit = bytes[place] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
                place += 1
            }
            guard bytes[place] == UInt8(ascii: sign) else { return nil }
            place += 1
            parts.append(value)
        }
        guard bytes[place] == space, parts[0] >= 1970, (1...12).contains(parts[1]),
            (1...31).contains(parts[2])
        else { return nil }
        place += 1
        let days = days(parts[0], parts[1], parts[2])
        let seconds = UInt64(days * 86_400 + parts[3] * 3_600 + parts[4] * 60 + parts[5])
        let (nanoseconds, isHuge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isHuge ? nil : nanoseconds + UInt64(parts[6])
    }

    /// Days since 1970 of a date in the Gregorian calendar; years begin in March, so that the leap day is their last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let leaps = year / 4 - year / 100 + year / 400
        let months = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return year * 365 + leaps + months + day - 1 - 719_468
    }
}
