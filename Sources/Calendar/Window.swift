// SPDX-License-Identifier: Apache-2.0

/// A time of the week in which something may begin, for example `Mon-Fri 02:00-04:00 Europe/Berlin`.
///
/// Without days it is every day, without a zone it is UTC. One that ends at or before its start ends on the next day;
/// its days are those on which it opens.
public struct Window: Equatable, Sendable {
    /// As it was written.
    public let text: String
    /// The name of its time zone.
    public let zone: String
    private let days: Weekdays
    private let start: Int64
    private let end: Int64

    /// Reads a window.
    public init(_ text: String) throws(CalendarError) {
        var parts = text.split { $0 == " " || $0 == "\t" }[...]
        days = parts.first.flatMap { Weekdays($0) } ?? .all
        if parts.count > 1, parts.first.flatMap({ Weekdays($0) }) != nil { parts = parts.dropFirst() }
        let times = parts.first.map { $0.split(separator: "-", omittingEmptySubsequences: false) } ?? []
        zone = parts.count > 1 ? String(parts[parts.startIndex + 1]) : Zone.utc.name
        guard text.utf8.count <= 128, (1...2).contains(parts.count), times.count == 2,
            let start = Self.time(times[0]), let end = Self.time(times[1]), start < CivilDay.seconds,
            Zone.isName(zone)
        else {
            throw CalendarError(
                "'\(text.prefix(128))' is not a window",
                "write days, times and a time zone, for example 'Mon-Fri 02:00-04:00 Europe/Berlin'"
            )
        }
        self.text = text
        self.start = start
        self.end = end > start ? end : end + CivilDay.seconds
    }

    /// Whether a moment, in seconds since 1970, is inside.
    public func contains(_ moment: Int64, in zone: Zone) -> Bool {
        openings(around: moment, in: zone).contains { $0.contains(moment) }
    }

    /// When it opens next after a moment.
    public func nextOpening(after moment: Int64, in zone: Zone) -> Int64? {
        openings(around: moment, in: zone).map(\.lowerBound).filter { $0 > moment }.min()
    }

    /// Where a change of the clock skips an end, that is the moment at which it does: a window between two such ends
    /// does not open that day.
    private func openings(around moment: Int64, in zone: Zone) -> [Range<Int64>] {
        let today = zone.day(of: moment).number
        return ((today - 3)...(today + 15)).map { CivilDay($0) }.filter { days.contains($0.weekday) }
            .compactMap { day in
                let opens = zone.moment(ofLocal: day.start + start)
                let closes = zone.moment(ofLocal: day.start + end)
                return opens < closes ? opens..<closes : nil
            }
    }

    /// `HH:MM`, up to 24:00, in seconds.
    private static func time(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hour = CronField.digits(parts[0]), let minute = CronField.digits(parts[1]), minute < 60,
            hour * 60 + minute <= 24 * 60
        else { return nil }
        return Int64(hour * 60 + minute) * 60
    }
}
