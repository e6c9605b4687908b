// SPDX-License-Identifier: Apache-2.0

/// A day of the Gregorian calendar, without a place on earth.
struct CivilDay: Equatable, Sendable {
    /// Seconds of one that has no change of the clock.
    static let seconds: Int64 = 86_400

    /// Days since 1970-01-01.
    let number: Int64

    init(_ number: Int64) { self.number = number }

    /// The day in which a local time falls, counted in seconds as if 1970 had begun there.
    init(ofLocal seconds: Int64) {
        number = Self.floor(seconds, by: Self.seconds)
    }

    init(year: Int64, month: Int64, day: Int64) {
        // Years begin in March, so that a leap day is the last of its year.
        let shifted = month > 2 ? year : year - 1
        let era = Self.floor(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    var date: (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = Self.floor(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// From 0, Sunday, to 6.
    var weekday: Int { Int(number + 4 - Self.floor(number + 4, by: 7) * 7) }

    /// The local time at its beginning.
    var start: Int64 { number * Self.seconds }
    /// That of the next day.
    var end: Int64 { start + Self.seconds }

    private static func floor(_ value: Int64, by divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
