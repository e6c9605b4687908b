// SPDX-License-Identifier: Apache-2.0

/// One field of a cron expression: the numbers that it allows, as crontab(5) has it.
struct CronField: Equatable, Sendable {
    /// What one of the five fields counts.
    struct Kind: Sendable {
        let name: String
        let range: ClosedRange<Int>
        /// Words for its numbers, from the lowest on.
        var words: [String] = []

        static let minute = Kind(name: "minute", range: 0...59)
        static let hour = Kind(name: "hour", range: 0...23)
        static let day = Kind(name: "day of the month", range: 1...31)
        static let month = Kind(
            name: "month",
            range: 1...12,
            words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        )
        /// Sunday is 0, and 7 as well.
        static let weekday = Kind(name: "day of the week", range: 0...7, words: Weekdays.words)
    }

    /// A bit for each number.
    private(set) var bits: UInt64 = 0
    /// It begins with a star: it sets no condition of its own where another field does.
    let isAny: Bool

    init(_ text: Substring, _ kind: Kind) throws(CalendarError) {
        isAny = text.hasPrefix("*")
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let part = Self.part(item, kind) else {
                throw CalendarError(
                    "'\(item)' is not a \(kind.name)",
                    "write numbers from \(kind.range.lowerBound) to \(kind.range.upperBound), "
                        + "for example *, 5, 1-5, */2 or 1,3"
                )
            }
            for number in stride(from: part.range.lowerBound, through: part.range.upperBound, by: part.step) {
                bits |= 1 << UInt64(number)
            }
        }
        if kind.range == Kind.weekday.range, bits & 1 << 7 != 0 { bits = bits & ~(1 << 7) | 1 }
    }

    func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }

    /// Its numbers in order.
    var numbers: [Int64] { (0..<64).filter { contains($0) }.map { Int64($0) } }

    private static func part(_ item: Substring, _ kind: Kind) -> (range: ClosedRange<Int>, step: Int)? {
        let halves = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = halves.first else { return nil }
        let range: ClosedRange<Int>
        if first == "*" {
            // The second Sunday of a week is none of its own.
            range = kind.range == Kind.weekday.range ? 0...6 : kind.range
        } else {
            let ends = first.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let low = number(ends[0], kind), var high = number(ends[ends.count - 1], kind) else {
                return nil
            }
            // A week that ends with its Sunday, as in sat-sun.
            if kind.range == Kind.weekday.range, high == 0, low > 0 { high = 7 }
            guard low <= high else { return nil }
            // A step goes through a range.
            if halves.count == 2, ends.count == 1 { return nil }
            range = low...high
        }
        guard halves.count == 2 else { return (range, 1) }
        guard let step = digits(halves[1]), step > 0 else { return nil }
        return (range, step)
    }

    private static func number(_ text: Substring, _ kind: Kind) -> Int? {
        if let word = kind.words.firstIndex(of: text.lowercased()) { return word + kind.range.lowerBound }
        guard let number = digits(text), kind.range.contains(number) else { return nil }
        return number
    }

    /// A number of at most four digits, without a sign.
    static func digits(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
