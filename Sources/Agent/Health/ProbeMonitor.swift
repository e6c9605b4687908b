// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// How a probe stands, decided from its answers.
///
/// Pure.
struct ProbeMonitor: Equatable, Sendable {
    private let failAfter: Int
    private let successAfter: Int
    private(set) var state = HealthMonitor.State.starting
    private var successes = 0
    private var failures = 0
    /// Whether failures count before the first success.
    private let failsFromTheStart: Bool

    /// Who was not ready yet is not ill: readiness alone waits for its first success.
    init(_ probe: Probe, failsFromTheStart: Bool, state: HealthMonitor.State = .starting) {
        failAfter = probe.failAfter
        successAfter = probe.successAfter
        self.failsFromTheStart = failsFromTheStart
        self.state = state
    }

    /// Takes an answer in.
    mutating func record(success: Bool) {
        successes = success ? min(successes + 1, successAfter) : 0
        failures = success ? 0 : min(failures + 1, failAfter)
        if successes == successAfter { state = .healthy }
        if failures == failAfter, failsFromTheStart || state != .starting { state = .unhealthy }
    }
}
