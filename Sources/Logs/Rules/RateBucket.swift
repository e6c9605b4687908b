// SPDX-License-Identifier: Apache-2.0

/// How much of a rate is left, as the time at which all would be used up (the virtual scheduling of GCRA).
struct RateBucket: Equatable {
    private var lines = 0.0
    private var bytes = 0.0

    /// Takes a line out; false if it is one too many.
    ///
    /// `now` is nanoseconds of a clock that only goes forward.
    mutating func take(_ count: Int, of rate: LineRules.Rate, now: UInt64) -> Bool {
        let now = Double(now), burst = rate.burst
        var (lines, bytes) = (lines, bytes)
        if let limit = rate.lines, !Self.take(1e9 / Double(limit), &lines, burst, now) { return false }
        // A line longer than all that can be saved up passes when the bucket is full.
        if let limit = rate.bytes,
            !Self.take(min(burst, Double(count) * 1e9 / Double(limit)), &bytes, burst, now)
        {
            return false
        }
        (self.lines, self.bytes) = (lines, bytes)
        return true
    }

    private static func take(_ cost: Double, _ used: inout Double, _ burst: Double, _ now: Double) -> Bool {
        let next = max(used, now) + cost
        // With a limit of less than one in the time of a burst, one at a time passes.
        guard next - now <= max(burst, cost) else { return false }
        used = next
        return true
    }
}
