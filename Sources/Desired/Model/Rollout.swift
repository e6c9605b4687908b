// SPDX-License-Identifier: Apache-2.0

/// How an app changes from one generation to the next (`x-martlet.rollout`).
public struct Rollout: Sendable, Equatable {
    /// What follows when an instance fails whose service does not say.
    public var onFailure: FailureAction
    /// How long the whole app must stay ready to count as good.
    public var monitor: Duration
    /// How long it may take in all.
    public var deadline: Duration
    /// How many generations are kept for a return; nil means as many as the node says.
    public var keep: Int?

    /// The defaults.
    public init(
        onFailure: FailureAction = .rollback,
        monitor: Duration = .zero,
        deadline: Duration = .seconds(600),
        keep: Int? = nil
    ) {
        self.onFailure = onFailure
        self.monitor = monitor
        self.deadline = deadline
        self.keep = keep
    }
}
