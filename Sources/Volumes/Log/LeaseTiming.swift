// SPDX-License-Identifier: Apache-2.0

/// How long is waited for whom.
///
/// Nothing of it is needed for safety where creations are atomic.
public struct LeaseTiming: Equatable, Sendable {
    /// A holder gives a sign of life so often.
    public var heartbeat: Duration
    /// One who gave none for so long may be overtaken.
    public var patience: Duration
    /// What is not known to have happened is asked again so often, each time later.
    public var attempts: Int
    /// Where creations are not atomic: so long after a claim others are thought to see it.
    public var settle: Duration

    /// The usual times.
    public init(
        heartbeat: Duration = .seconds(5),
        patience: Duration = .seconds(15),
        attempts: Int = 12,
        settle: Duration = .seconds(10)
    ) {
        self.heartbeat = heartbeat
        self.patience = patience
        self.attempts = attempts
        self.settle = settle
    }

    /// How long to wait after so many attempts: twice as long each time, from 50 ms up to 5 s.
    func pause(after attempt: Int) -> Duration { .milliseconds(min(50 << min(attempt, 10), 5_000)) }
}
