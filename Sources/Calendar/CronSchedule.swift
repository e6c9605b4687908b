// SPDX-License-Identifier: Apache-2.0

/// A cron expression: the local minutes at which something is due, crontab(5).
///
/// Five fields, or one of the words `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` and
/// `@hourly`. Where both the day of the month and the day of the week are restricted, one of them is enough.
public struct CronSchedule: Equatable, Sendable {
    /// As it was written.
    public let text: String
    let minutes: [Int64]
    let hours: [Int64]
    private let days: CronField
    private let months: CronField
    private let weekdays: CronField

    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let longest = 256

    /// Reads an expression.
    ///
    /// Throws for one that is none, and for one that is never due.
    public init(_ text: String) throws(CalendarError) {
        self.text = text
        guard text.utf8.count <= Self.longest else {
            throw CalendarError("is longer than \(Self.longest) characters", "write it shorter")
        }
        let expression = Self.words[text.lowercased()] ?? text
        let fields = expression.split { $0 == " " || $0 == "\t" }
        guard fields.count == 5 else {
            throw CalendarError(
                "'\(text)' is not a cron expression",
                text == "@reboot"
                    ? "a job without a schedule runs once"
                    : "write minute, hour, day, month and weekday, for example '15 3 * * *', or @daily"
            )
        }
        minutes = try CronField(fields[0], .minute).numbers
        hours = try CronField(fields[1], .hour).numbers
        days = try CronField(fields[2], .day)
        months = try CronField(fields[3], .month)
        weekdays = try CronField(fields[4], .weekday)
        // Every date has been on every weekday by then.
        let first = CivilDay(year: 2000, month: 1, day: 1).number
        guard (first..<first + 28 * 366).contains(where: { isDue(on: CivilDay($0)) }) else {
            throw CalendarError("'\(text)' is never due", "name a day that the month has")
        }
    }

    /// Whether a day has times at which it is due.
    func isDue(on day: CivilDay) -> Bool {
        let date = day.date
        guard months.contains(Int(date.month)) else { return false }
        let (isDay, isWeekday) = (days.contains(Int(date.day)), weekdays.contains(day.weekday))
        return days.isAny || weekdays.isAny ? isDay && isWeekday : isDay || isWeekday
    }
}
