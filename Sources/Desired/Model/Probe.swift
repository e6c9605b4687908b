// SPDX-License-Identifier: Apache-2.0

/// A question that the agent asks a container again and again.
public struct Probe: Sendable, Equatable {
    /// What is asked.
    public var check: Check
    /// The time between two questions.
    public var every: Duration
    /// How long an answer may take.
    public var timeout: Duration
    /// How many failures in a row count.
    public var failAfter: Int
    /// How many successes in a row count.
    public var successAfter: Int
    /// How long after the start of the container, or the success of its startup probe, nothing is asked.
    public var initialDelay: Duration

    /// A probe.
    public init(
        _ check: Check,
        every: Duration = .seconds(10),
        timeout: Duration = .seconds(5),
        failAfter: Int = 3,
        successAfter: Int = 1,
        initialDelay: Duration = .zero
    ) {
        self.check = check
        self.every = every
        self.timeout = timeout
        self.failAfter = failAfter
        self.successAfter = successAfter
        self.initialDelay = initialDelay
    }
}
