// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// When a source is read again.
enum PollPause {
    /// The longest pause that a server may ask for, if the usual one is not longer.
    private static let longestAsked = Duration.seconds(900)
    /// The longest pause after failures, if the usual one is not longer.
    private static let longest = Duration.seconds(10)

    /// The usual pause and some jitter; after failures in a row a random one up to a bound that doubles ("full
    /// jitter"), so that many nodes do not come back together.
    ///
    /// The bound is the usual pause, or ten seconds if that is shorter: what is back after hours is seen at once, and a
    /// server that is in trouble has no more to bear than on any day.
    static func after(
        failures: Int,
        of source: NodeSource,
        asked: Duration?,
        random: Double = .random(in: 0..<1)
    ) -> Duration {
        if case .directory = source.origin { return source.every }
        guard failures > 0 else { return source.every + source.jitter * random }
        let bound = min(max(longest, source.every), source.every * (1 << min(failures - 1, 20)))
        return max(.seconds(1), bound * random, min(asked ?? .zero, max(longestAsked, source.every)))
    }
}
