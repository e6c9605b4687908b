// SPDX-License-Identifier: Apache-2.0

/// Days of the week, from 0, Sunday, to 6.
struct Weekdays: Equatable, Sendable {
    static let words = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    static let all = Weekdays(bits: 0x7f)

    private(set) var bits: UInt8

    private init(bits: UInt8) { self.bits = bits }

    /// For example `Mon-Fri`, `Fri-Mon` or `Mon,Wed`; nil for anything else.
    init?(_ text: Substring) {
        bits = 0
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, var day = Self.words.firstIndex(of: ends[0].lowercased()),
                let last = Self.words.firstIndex(of: ends[ends.count - 1].lowercased())
            else { return nil }
            bits |= 1 << UInt8(day)
            while day != last {
                day = (day + 1) % 7
                bits |= 1 << UInt8(day)
            }
        }
    }

    func contains(_ weekday: Int) -> Bool { bits & 1 << UInt8(weekday) != 0 }
}
