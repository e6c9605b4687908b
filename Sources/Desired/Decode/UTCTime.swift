// SPDX-License-Identifier: Apache-2.0

/// Moments as RFC 3339 writes them, in UTC.
enum UTCTime {
    /// The second since 1970 of `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`; nil for anything else.
    static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 10 || bytes.count == 20 else { return nil }
        func number(_ start: Int, _ count: Int, _ range: ClosedRange<Int64>) -> Int64? {
            let digits = bytes[start..<(start + count)]
            guard digits.allSatisfy(Characters.isDigit) else { return nil }
            let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            return range.contains(value) ? value : nil
        }
        guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(0, 4, 1970...9999), let month = number(5, 2, 1...12),
            let day = number(8, 2, 1...daysIn(month, of: year))
        else { return nil }
        let midnight = days(year, month, day) * 86_400
        guard bytes.count == 20 else { return midnight }
        guard bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes[19] | 0x20 == UInt8(ascii: "z"),
            let hour = number(11, 2, 0...23), let minute = number(14, 2, 0...59),
            let second = number(17, 2, 0...60)
        else { return nil }
        return midnight + hour * 3600 + minute * 60 + second
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of a date in the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let leaps = { (year: Int64) in year / 4 - year / 100 + year / 400 }
        let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
        return (1..<month).reduce(years) { $0 + daysIn($1, of: year) } + day - 1
    }
}
