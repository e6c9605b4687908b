// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Writes points in time as RFC 3339 has them, in UTC; those of the same second cost little.
struct UTCText {
    /// How many digits of the second's fraction are written.
    let digits: Int
    private var second: UInt64?
    /// What it begins with, up to the point before the fraction.
    private var start: [UInt8] = []

    /// Writes with so many digits of the second's fraction, from 1 to 9; the rest is cut off.
    init(digits: Int) { self.digits = digits }

    /// Appends nanoseconds since 1970, for example as `2026-11-29T12:34:56.789Z`.
    mutating func append(_ time: UInt64, to bytes: inout [UInt8]) {
        let (seconds, nanoseconds) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        if second != seconds {
            second = seconds
            start = Self.start(seconds)
        }
        bytes.append(contentsOf: start)
        var (rest, unit) = (nanoseconds, UInt64(100_000_000))
        for _ in 0..<digits {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / unit))
            (rest, unit) = (rest % unit, max(1, unit / 10))
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    private static func start(_ seconds: UInt64) -> [UInt8] {
        var (time, parts) = (time_t(clamping: seconds), tm())
        gmtime_r(&time, &parts)
        var text: [UInt8] = []
        func append(_ value: Int32, _ width: Int, _ end: Unicode.Scalar) {
            let digits = Array(String(value).utf8)
            text += [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
            text.append(UInt8(ascii: end))
        }
        append(parts.tm_year + 1900, 4, "-")
        append(parts.tm_mon + 1, 2, "-")
        append(parts.tm_mday, 2, "T")
        append(parts.tm_hour, 2, ":")
        append(parts.tm_min, 2, ":")
        append(parts.tm_sec, 2, ".")
        return text
    }
}
