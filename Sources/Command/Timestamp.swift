// SPDX-License-Identifier: Apache-2.0

/// A time in UTC as the agent writes it, RFC 3339: `2026-03-01T12:00:00Z`, with or without a fraction.
package struct Timestamp: Equatable {
    /// Seconds since 1970.
    package let seconds: Int64

    /// Nil if it is written otherwise.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes.last == UInt8(ascii: "Z") else { return nil }
        for (index, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] {
            guard bytes[index] == mark.utf8.first else { return nil }
        }
        let fraction = bytes[19..<(bytes.count - 1)]
        guard fraction.isEmpty || fraction.first == UInt8(ascii: ".") && fraction.count > 1,
            fraction.dropFirst().allSatisfy({ (48...57).contains($0) })
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            bytes[range].reduce(Int64?(0)) { sum, byte in
                (48...57).contains(byte) ? sum.map { $0 * 10 + Int64(byte - 48) } : nil
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        // Years that begin in March: the leap day is the last, and no table of months is needed.
        let shifted = month > 2 ? year : year - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
        let inYear = ((month + 9) % 12 * 153 + 2) / 5 + day - 1
        seconds = (days + inYear - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
    }
}
