// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// When a source is read again.
enum PollPause {
    /// The longest pause after failures, if the usual one is not longer.
    private static let longest = Duration.seconds(900)

    /// The usual pause and some jitter; after failures in a row a random one up to a bound that doubles ("full
    /// jitter"), so that many nodes do not come back together.
    static func after(
        failures: Int,
        of source: NodeSource,
        asked: Duration?,
        random: Double = .random(in: 0..<1)
    ) -> Duration {
        if case .directory = source.origin { return source.every }
        guard failures > 0 else { return source.every + source.jitter * random }
        let longest = max(longest, source.every)
        let bound = min(longest, source.every * (1 << min(failures - 1, 20)))
        return min(longest, max(.seconds(1), bound * random, asked ?? .zero))
    }
}
