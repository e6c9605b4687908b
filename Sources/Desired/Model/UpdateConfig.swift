// SPDX-License-Identifier: Apache-2.0

/// How the instances of a service are replaced (deploy.md, `update_config` and `rollback_config`).
public struct UpdateConfig: Sendable, Equatable {
    /// How many are replaced at a time; 0 means all.
    public var parallelism: Int
    /// The pause before the next ones.
    public var delay: Duration
    /// What follows when one fails; nil means what the app says.
    public var failureAction: FailureAction?
    /// How long one must live, once it is ready, to count as good; nil leaves it to the agent.
    public var monitor: Duration?
    /// Which part of the replaced instances may fail before that is a failure, from 0 to 1.
    public var maximumFailureRatio = 0.0
    /// Whether the old or the new container comes first.
    public var order: UpdateOrder

    /// Those of the specification, but for what follows a failure.
    public init(
        parallelism: Int = 1,
        delay: Duration = .zero,
        failureAction: FailureAction? = nil,
        monitor: Duration? = nil,
        order: UpdateOrder = .stopFirst
    ) {
        self.parallelism = parallelism
        self.delay = delay
        self.failureAction = failureAction
        self.monitor = monitor
        self.order = order
    }
}
