// SPDX-License-Identifier: Apache-2.0

/// How large batches may be whose rules are slow, so that others need not wait long for their turn.
struct BatchPace: Equatable {
    private var shift = 0

    private static let tooLong: UInt64 = 20_000_000
    private static let short: UInt64 = 4_000_000
    private static let mostShift = 6

    /// So much of a whole batch.
    func bytes(of whole: Int) -> Int { whole >> shift }

    /// A batch took so many nanoseconds.
    mutating func note(_ nanoseconds: UInt64) {
        if nanoseconds > Self.tooLong { shift = min(shift + 1, Self.mostShift) }
        if nanoseconds < Self.short { shift = max(shift - 1, 0) }
    }

    /// A time as bytes that could have been moved: a turn is paid in time, too.
    static func cost(of nanoseconds: UInt64) -> Int { Int(clamping: nanoseconds / 8) }
}
