// SPDX-License-Identifier: Apache-2.0

/// How often and how fast a server is asked again: after each failure a random time up to a bound that doubles
/// ("full jitter"), so that many nodes do not come back together.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in a row that bring nothing.
    public var attempts = 6
    /// The first bound.
    public var first: Duration = .milliseconds(500)
    /// The last bound, and the longest that a server's `Retry-After` is obeyed.
    public var longest: Duration = .seconds(300)

    /// The usual policy.
    public init() {}

    /// How long to wait after so many failures in a row, the first being 1.
    package func pause(
        after failures: Int,
        asked: Duration?,
        random: Double = .random(in: 0..<1)
    ) -> Duration {
        let bound = min(longest, first * (1 << min(failures - 1, 20)))
        return min(longest, max(bound * random, asked ?? .zero))
    }
}
