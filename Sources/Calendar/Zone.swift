// SPDX-License-Identifier: Apache-2.0

/// A time zone: how far its clocks are from UTC, and when that changes.
public struct Zone: Equatable, Sendable {
    struct Change: Equatable, Sendable {
        /// Seconds since 1970.
        let time: Int64
        /// Seconds east of UTC from then on.
        let offset: Int64
    }

    /// Its name, for example `Europe/Berlin`.
    public let name: String
    /// The offset before the first change.
    let first: Int64
    /// In the order of their times.
    let changes: [Change]

    /// Coordinated Universal Time, which needs no file.
    public static let utc = Zone(name: "UTC", first: 0, changes: [])

    init(name: String, first: Int64, changes: [Change]) {
        self.name = name
        self.first = first
        self.changes = changes
    }

    /// Whether a text has the form of a name: parts of letters, digits, `_`, `+` and `-` between slashes.
    ///
    /// It has at most 64 bytes; which ones there are, the node knows.
    public static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 64
            && parts.allSatisfy { part in
                part.utf8.first.map(isLetterOrDigit) == true
                    && part.utf8.allSatisfy { isLetterOrDigit($0) || [0x2b, 0x2d, 0x5f].contains($0) }
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// Seconds east of UTC at a moment.
    func offset(at moment: Int64) -> Int64 {
        let index = index(after: moment)
        return index == 0 ? first : changes[index - 1].offset
    }

    /// The local day of a moment.
    func day(of moment: Int64) -> CivilDay { CivilDay(ofLocal: moment + offset(at: moment)) }

    /// When the clocks show a local time for the first time, or, if they skip it, the moment at which they do.
    func moment(ofLocal local: Int64) -> Int64 {
        // No offset is as large as that, RFC 9636, section 3.2.
        var start = local - 26 * 3600
        var index = index(after: start)
        while true {
            let offset = index == 0 ? first : changes[index - 1].offset
            let candidate = max(start, local - offset)
            guard index < changes.count, candidate >= changes[index].time else { return candidate }
            start = changes[index].time
            index += 1
        }
    }

    /// The index of the first change after a moment.
    private func index(after moment: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].time <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
