// SPDX-License-Identifier: Apache-2.0

/// When clocks change year after year: the form of TZ in POSIX.1, with hours up to 167 as RFC 9636, section 3.3.1 has
/// them.
///
/// For example `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixRule: Equatable, Sendable {
    private enum Day: Equatable, Sendable {
        /// The month, the week in it, of which 5 is the last, and the weekday.
        case week(month: Int64, week: Int64, weekday: Int64)
        /// From 1; a leap day is not counted.
        case julian(Int64)
        /// From 0; a leap day is counted.
        case zeroBased(Int64)
    }

    private struct Turn: Equatable, Sendable {
        let day: Day
        /// Seconds of local time since the day's beginning.
        let time: Int64
    }

    private let standard: Int64
    private var summer: (offset: Int64, start: Turn, end: Turn)?

    static func == (one: PosixRule, other: PosixRule) -> Bool {
        one.standard == other.standard && one.summer?.offset == other.summer?.offset
            && one.summer?.start == other.summer?.start && one.summer?.end == other.summer?.end
    }

    /// Reads a rule; nil if it is none.
    init?(_ text: String) {
        var rest = Scanner(text)
        guard rest.name(), let west = rest.time(hours: 24) else { return nil }
        standard = -west
        if rest.isAtEnd { return }
        guard rest.name() else { return nil }
        var offset = standard + 3600
        if !rest.isNext(",") {
            guard let west = rest.time(hours: 24) else { return nil }
            offset = -west
        }
        guard rest.take(","), let start = Self.turn(&rest), rest.take(","), let end = Self.turn(&rest),
            rest.isAtEnd
        else { return nil }
        summer = (offset, start, end)
    }

    /// The changes of a year; none if its clocks never change.
    func changes(in year: Int64) -> [Zone.Change] {
        guard let summer else { return [] }
        return [
            Zone.Change(
                time: Self.local(summer.start, in: year) - standard,
                offset: summer.offset
            ),
            Zone.Change(time: Self.local(summer.end, in: year) - summer.offset, offset: standard),
        ].sorted { $0.time < $1.time }
    }

    private static func turn(_ rest: inout Scanner) -> Turn? {
        let day: Day
        if rest.take("M") {
            guard let month = rest.number(1...12), rest.take("."), let week = rest.number(1...5),
                rest.take("."), let weekday = rest.number(0...6)
            else { return nil }
            day = .week(month: month, week: week, weekday: weekday)
        } else if rest.take("J") {
            guard let number = rest.number(1...365) else { return nil }
            day = .julian(number)
        } else {
            guard let number = rest.number(0...365) else { return nil }
            day = .zeroBased(number)
        }
        guard rest.take("/") else { return Turn(day: day, time: 7200) }
        return rest.time(hours: 167).map { Turn(day: day, time: $0) }
    }

    private static func local(_ turn: Turn, in year: Int64) -> Int64 {
        let first = CivilDay(year: year, month: 1, day: 1)
        let isLeap = CivilDay(year: year + 1, month: 1, day: 1).number - first.number == 366
        let number: Int64
        switch turn.day {
        case .zeroBased(let days): number = first.number + days
        case .julian(let day): number = first.number + day - 1 + (isLeap && day >= 60 ? 1 : 0)
        case .week(let month, let week, let weekday):
            let start = CivilDay(year: year, month: month, day: 1)
            let next = CivilDay(
                year: month == 12 ? year + 1 : year,
                month: month == 12 ? 1 : month + 1,
                day: 1
            )
            let wait = (weekday - Int64(start.weekday) + 7) % 7
            var day = start.number + wait + (week - 1) * 7
            if day >= next.number { day -= 7 }
            number = day
        }
        return CivilDay(number).start + turn.time
    }
}

/// What is left of a rule.
private struct Scanner {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    func isNext(_ character: Character) -> Bool { rest.first == character }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A name of at least three letters, or of anything in angle brackets.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let number = CronField.digits(digits), range.contains(Int64(number)) else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int64(number)
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hours most: Int64) -> Int64? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var seconds = number(0...most) else { return nil }
        seconds *= 3600
        for unit in [Int64(60), 1] {
            guard take(":") else { break }
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }
}
