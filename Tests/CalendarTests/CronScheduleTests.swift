// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Testing

@Suite struct CronScheduleTests {
    /// 2026-01-01T00:00:00Z, a Thursday.
    private static let newYear: Int64 = 1_767_225_600

    private static func hours(_ text: String, _ count: Int) throws -> [Int64] {
        let schedule = try CronSchedule(text)
        var moment = newYear - 1
        return try (0..<count).map { _ in
            moment = try #require(schedule.next(after: moment, in: .utc))
            return (moment - newYear) / 3600
        }
    }

    @Test(
        arguments: [
            ("0 * * * *", [0, 1, 2, 3]), ("@hourly", [0, 1, 2, 3]), ("0 0 * * *", [0, 24, 48, 72]),
            ("@daily", [0, 24, 48]), ("@midnight", [0, 24]), ("0 */8 * * *", [0, 8, 16, 24]),
            ("0 1-9/4 * * *", [1, 5, 9, 25]), ("0 3,5 * * *", [3, 5, 27]),
            ("0 0 1 * *", [0, 31 * 24, 59 * 24]),
            ("@monthly", [0, 31 * 24]), ("0 0 * * 0", [72, 240]), ("0 0 * * 7", [72, 240]),
            ("0 0 * * sun", [72, 240]), ("@weekly", [72, 240]), ("0 0 * * MON-fri", [0, 24, 96, 120]),
            ("0 0 * * sat-sun", [48, 72, 216]), ("0 0 * feb *", [31 * 24, 32 * 24]),
            ("@yearly", [0, 365 * 24]),
            // Both restricted: one is enough. One that begins with a star is not.
            ("0 0 3 * fri", [24, 48, 192]), ("0 0 */2 * fri", [192, 15 * 24 + 168]),
            ("0 0 29 2 *", [(365 + 365 + 31 + 28) * 24]),
        ] as [(String, [Int64])]
    )
    func `the next times of an expression`(_ text: String, _ hours: [Int64]) throws {
        #expect(try Self.hours(text, hours.count) == hours)
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8", "5-1 * * * *", "*/0 * * * *", "5/2 * * * *", "1,, * * * *", "a * * * *", "-1 * * * *",
        "+1 * * * *", "1-2-3 * * * *", "*/5/2 * * * *", "@never", "@reboot", "0 0 30 2 *", "0 0 31 4,6 *",
        "1٣ * * * *", "99999999999999999999 * * * *", "* * * mon *", "* * * * jan",
    ])
    func `what is no expression, or never due, is refused with a remedy`(_ text: String) {
        #expect { try CronSchedule(text) } throws: { error in
            guard let error = error as? CalendarError else { return false }
            return !error.what.isEmpty && !error.remedy.isEmpty
        }
    }

    @Test func `a long text is refused`() {
        #expect(throws: CalendarError.self) {
            try CronSchedule(String(repeating: "1,", count: 5_000) + "1 * * * *")
        }
    }

    @Test func `the last time lies between its bounds`() throws {
        let daily = try CronSchedule("0 3 * * *")
        let three = Self.newYear + 3 * 3600
        #expect(daily.last(after: three - 1, upTo: three, in: .utc) == three)
        #expect(daily.last(after: three, upTo: three + 3600, in: .utc) == nil)
        #expect(daily.last(after: 0, upTo: three + 86_399, in: .utc) == three)
        #expect(daily.last(after: three, upTo: three - 86_400 * 30, in: .utc) == nil)
    }
}
