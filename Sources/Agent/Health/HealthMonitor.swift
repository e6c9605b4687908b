// SPDX-License-Identifier: Apache-2.0

/// Whether an instance is well, decided from the results of its checks.
///
/// Pure: time comes with each result.
struct HealthMonitor: Equatable, Sendable {
    /// What the checks have shown so far.
    enum State: Equatable, Sendable {
        case starting
        case healthy
        case unhealthy
    }

    let interval: Duration
    let timeout: Duration
    let retries: Int
    let startPeriod: Duration
    let startInterval: Duration
    private(set) var state = State.starting
    private var failures = 0

    init(interval: Duration, timeout: Duration, retries: Int, startPeriod: Duration, startInterval: Duration)
    {
        self.interval = interval
        self.timeout = timeout
        self.retries = max(1, retries)
        self.startPeriod = startPeriod
        self.startInterval = startInterval
    }

    /// How long to wait before the next check, `age` after the start.
    func delay(age: Duration) -> Duration {
        state == .starting && age < startPeriod ? min(startInterval, interval) : interval
    }

    /// Takes a result in; true when the state changed.
    ///
    /// A failure in the start period does not count, and the first success ends that period.
    mutating func record(success: Bool, age: Duration) -> Bool {
        let before = state
        if success {
            failures = 0
            state = .healthy
        } else if !(state == .starting && age < startPeriod) {
            failures += 1
            if failures >= retries { state = .unhealthy }
        }
        return state != before
    }
}
