// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The wall clock in nanoseconds since 1970, and its spelling.
enum Timestamp {
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// RFC 3339 in UTC with milliseconds, for example `2026-01-31T08:00:00.250Z`.
    static func text(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        let clock = "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
        return "\(date)T\(clock).\(padded(nanoseconds % 1_000_000_000 / 1_000_000, 3))Z"
    }

    /// The nanoseconds of a time in that spelling; nil if it has another.
    static func nanoseconds(_ text: String) -> Int64? {
        let digits = text.utf8.split { !(0x30...0x39).contains($0) }.compactMap {
            Int64(String(decoding: $0, as: UTF8.self))
        }
        guard digits.count == 7, text.utf8.count == 24, text.hasSuffix("Z") else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (
            Int32(digits[0] - 1900), Int32(digits[1] - 1), Int32(digits[2])
        )
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(digits[3]), Int32(digits[4]), Int32(digits[5]))
        return Int64(timegm(&parts)) * 1_000_000_000 + digits[6] * 1_000_000
    }
}
