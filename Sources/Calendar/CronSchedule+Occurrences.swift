// SPDX-License-Identifier: Apache-2.0

// When a schedule is due in a time zone. Each local minute is due once: one that a change of the clock skips at the
// first moment after it, one that there is twice at the first time.

extension CronSchedule {
    /// A leap day that falls on one weekday comes after 40 years at the latest.
    private static let horizon: Int64 = 41 * 366

    /// The first moment after another one at which it is due; seconds since 1970.
    ///
    /// Nil if there is none within some 40 years.
    public func next(after moment: Int64, in zone: Zone) -> Int64? {
        let today = zone.day(of: moment)
        // Yesterday may have times that were skipped and are due now.
        for number in (today.number - 2)...(today.number + Self.horizon) {
            let day = CivilDay(number)
            guard isDue(on: day), zone.moment(ofLocal: day.end) > moment else { continue }
            for hour in hours where zone.moment(ofLocal: day.start + (hour + 1) * 3600) > moment {
                for minute in minutes {
                    let found = zone.moment(ofLocal: day.start + hour * 3600 + minute * 60)
                    if found > moment { return found }
                }
            }
        }
        return nil
    }

    /// The last moment at which it was due, after one and not after another; seconds since 1970.
    ///
    /// Nil if there was none.
    public func last(after start: Int64, upTo end: Int64, in zone: Zone) -> Int64? {
        guard start < end else { return nil }
        let first = max(zone.day(of: start).number, zone.day(of: end).number - Self.horizon) - 2
        for number in stride(from: zone.day(of: end).number + 1, through: first, by: -1) {
            let day = CivilDay(number)
            guard isDue(on: day) else { continue }
            for hour in hours.reversed() where zone.moment(ofLocal: day.start + hour * 3600) <= end {
                for minute in minutes.reversed() {
                    let found = zone.moment(ofLocal: day.start + hour * 3600 + minute * 60)
                    if found > end { continue }
                    return found > start ? found : nil
                }
            }
        }
        return nil
    }
}
