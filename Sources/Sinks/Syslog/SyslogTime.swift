// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Times as text; lines of the same second share the work.
struct SyslogTime {
    private static let months: [StaticString] = [
        "Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec ",
    ]

    private var second: UInt64?
    private var text: [UInt8] = []

    /// `2026-11-29T12:04:05.123456Z`: a message has microseconds at most (RFC 5424, 6.2.3), a journal's
    /// field has all `digits` of the nanoseconds.
    mutating func append(_ time: UInt64, digits: Int = 6, to out: inout [UInt8]) {
        let (now, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        if second != now {
            second = now
            var seconds = time_t(now), parts = tm()
            gmtime_r(&seconds, &parts)
            text.removeAll(keepingCapacity: true)
            text.append(decimal: UInt64(parts.tm_year + 1900), digits: 4)
            for (mark, part) in [
                ("-", parts.tm_mon + 1), ("-", parts.tm_mday), ("T", parts.tm_hour), (":", parts.tm_min),
                (":", parts.tm_sec),
            ] as [(StaticString, Int32)] {
                text.append(mark)
                text.append(decimal: UInt64(part), digits: 2)
            }
            text.append(".")
        }
        out += text
        out.append(decimal: digits == 9 ? fraction : fraction / 1_000, digits: digits)
        out.append("Z")
    }

    /// `Nov 29 12:04:05`, in the node's own time as RFC 3164 (4.1.2) wants it.
    mutating func appendLocal(_ time: UInt64, to out: inout [UInt8]) {
        let now = time / 1_000_000_000
        if second != now {
            second = now
            var seconds = time_t(now), parts = tm()
            localtime_r(&seconds, &parts)
            text.removeAll(keepingCapacity: true)
            text.append(Self.months[Int(parts.tm_mon)])
            if parts.tm_mday < 10 { text.append(" ") }
            text.append(decimal: UInt64(parts.tm_mday))
            for (mark, part) in [(" ", parts.tm_hour), (":", parts.tm_min), (":", parts.tm_sec)]
                as [(StaticString, Int32)]
            {
                text.append(mark)
                text.append(decimal: UInt64(part), digits: 2)
            }
        }
        out += text
    }
}
