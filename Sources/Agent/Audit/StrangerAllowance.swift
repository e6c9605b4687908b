// SPDX-License-Identifier: Apache-2.0

/// How many records those may cause who proved nothing, or one caller by what is refused: nobody must be able to push
/// out what others did.
struct StrangerAllowance: Sendable {
    /// So many at once.
    static let burst = 60
    /// And one more after each of these.
    static let pace = Duration.seconds(60)

    private var left = burst
    private var since = ContinuousClock.now
    private var unrecorded = 0

    /// Whether one more may be recorded; with it, how many were not since the last one.
    mutating func take(at now: ContinuousClock.Instant = .now) -> Int? {
        let earned = Int(since.duration(to: now) / Self.pace)
        if earned > 0 {
            left = min(Self.burst, left + earned)
            since = left == Self.burst ? now : since + Self.pace * earned
        }
        guard left > 0 else {
            unrecorded += 1
            return nil
        }
        left -= 1
        defer { unrecorded = 0 }
        return unrecorded
    }
}
