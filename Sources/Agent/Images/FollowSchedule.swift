// SPDX-License-Identifier: Apache-2.0

/// When registries are asked for the apps that follow a tag or a range: not before an interval has passed, and
/// not all nodes at once.
struct FollowSchedule {
    /// What it is unless a test says otherwise.
    static let interval = Duration.seconds(15 * 60)

    private let interval: Duration
    private var next: [String: ContinuousClock.Instant] = [:]

    init(_ interval: Duration = interval) { self.interval = interval }

    /// How often it is worth to look.
    var tick: Duration { min(interval, .seconds(15)) }

    /// Which of the apps that follow something are due; one that is new is so an interval later.
    ///
    /// Each interval is longer by up to a fifth of it: `jitter` says how far, from 0 to 1.
    mutating func due(
        among apps: Set<String>,
        now: ContinuousClock.Instant = .now,
        jitter: () -> Double = { .random(in: 0...1) }
    ) -> [String] {
        next = next.filter { apps.contains($0.key) }
        return apps.sorted().filter { app in
            let wasDue = next[app].map { $0 <= now }
            if wasDue != false { next[app] = now + interval + interval * (jitter() / 5) }
            return wasDue == true
        }
    }
}
