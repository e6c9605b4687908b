// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Testing

@Suite struct WindowTests {
    /// 2026-01-01T00:00:00Z, a Thursday.
    private static let newYear: Int64 = 1_767_225_600

    private static func hour(_ day: Int64, _ hour: Int64) -> Int64 {
        newYear + (day - 1) * 86_400 + hour * 3600
    }

    @Test func `weekdays, and over midnight`() throws {
        let nights = try Window("Mon-Fri 22:00-04:00")
        #expect(nights.zone == "UTC")
        #expect(nights.contains(Self.hour(1, 22), in: .utc))
        #expect(nights.contains(Self.hour(2, 3), in: .utc))
        #expect(!nights.contains(Self.hour(2, 4), in: .utc))
        // It opens on Friday and is open on Saturday morning, not on Saturday night.
        #expect(nights.contains(Self.hour(3, 3), in: .utc))
        #expect(!nights.contains(Self.hour(3, 22), in: .utc))
        #expect(nights.nextOpening(after: Self.hour(3, 5), in: .utc) == Self.hour(5, 22))
        let weekend = try Window("Sat,Sun 00:00-24:00")
        #expect(weekend.contains(Self.hour(3, 0), in: .utc) && weekend.contains(Self.hour(4, 23), in: .utc))
        #expect(!weekend.contains(Self.hour(5, 0), in: .utc))
        let daily = try Window("03:00-03:30")
        #expect(daily.nextOpening(after: Self.hour(1, 3), in: .utc) == Self.hour(2, 3))
        #expect(try Window("Fri-Mon 01:00-02:00").contains(Self.hour(4, 1), in: .utc))
    }

    @Test(arguments: [
        "", "Mon", "02:00", "02:00-", "2:00-3:00", "02:00-25:00", "24:00-01:00", "02:60-03:00", "Mon-Fri",
        "Mon-Xyz 02:00-03:00", "02:00-03:00 ../zone", "02:00-03:00 UTC more", "02:00-24:01", "02:00–03:00",
    ])
    func `what is no window is refused with a remedy`(_ text: String) {
        #expect { try Window(text) } throws: {
            ($0 as? CalendarError)?.remedy.contains("for example") == true
        }
    }

    @Test(.enabled(if: hasZones, "install tzdata"))
    func `changes of the clock`() throws {
        let berlin = try Zone.here("Europe/Berlin")
        // 2026-03-29: 02:00 is skipped, at 01:00Z it is 03:00.
        let change: Int64 = 1_774_746_000
        let early = try Window("02:00-04:00 Europe/Berlin")
        #expect(!early.contains(change - 1, in: berlin) && early.contains(change, in: berlin))
        #expect(early.contains(change + 3599, in: berlin) && !early.contains(change + 3600, in: berlin))
        let skipped = try Window("02:10-02:50 Europe/Berlin")
        #expect(!skipped.contains(change, in: berlin))
        #expect(skipped.nextOpening(after: change - 3600, in: berlin) == change + 23 * 3600 + 600)
        // 2026-10-25: 02:00 is there twice, the first time at 00:00Z.
        let back: Int64 = 1_792_886_400
        let doubled = try Window("02:00-02:30 Europe/Berlin")
        #expect(doubled.contains(back, in: berlin) && !doubled.contains(back + 3600, in: berlin))
    }
}
