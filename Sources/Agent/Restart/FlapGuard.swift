// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Finds restarts that follow each other too fast.
///
/// Pure.
struct FlapGuard: Equatable, Sendable {
    /// The time between two starts of one that flaps.
    static let pause = Duration.seconds(300)

    private var restarts: [ContinuousClock.Instant] = []
    private(set) var isFlapping = false

    /// A restart is due: takes it in; true when it is the one with which it begins to flap.
    mutating func note(_ limit: FlapLimit, now: ContinuousClock.Instant) -> Bool {
        let recent = restarts.filter { now - $0 < limit.within }
        restarts = (recent + [now]).suffix(limit.restarts)
        guard !isFlapping, recent.count >= limit.restarts else { return false }
        isFlapping = true
        return true
    }

    /// It has been well for as long as the limit is about.
    mutating func settle() { self = FlapGuard() }
}
