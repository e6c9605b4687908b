// SPDX-License-Identifier: Apache-2.0

/// Which versions of a volume are kept: the last ones, and of each of the last hours and days that have some the last one.
public struct Retention: Equatable, Sendable {
    /// So many of the last versions.
    public var last: Int
    /// The last one of each of so many hours.
    public var hourly: Int
    /// The last one of each of so many days, of UTC.
    public var daily: Int

    /// Keeps what any of these keeps.
    public init(last: Int = 0, hourly: Int = 0, daily: Int = 0) {
        self.last = last
        self.hourly = hourly
        self.daily = daily
    }

    /// Which of some versions are kept, by their places and times in nanoseconds since 1970, in the order of the places.
    ///
    /// The last one always is.
    func kept(of versions: [(sequence: UInt64, time: UInt64)]) -> Set<UInt64> {
        var kept = Set(versions.suffix(max(last, 1)).map(\.sequence))
        for (count, span) in [(hourly, 3_600 as UInt64), (daily, 86_400)] {
            var spans: Set<UInt64> = []
            for version in versions.reversed() where spans.count < count {
                if spans.insert(version.time / (span * 1_000_000_000)).inserted {
                    kept.insert(version.sequence)
                }
            }
        }
        return kept
    }
}
