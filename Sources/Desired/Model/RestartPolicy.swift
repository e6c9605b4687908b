// SPDX-License-Identifier: Apache-2.0

/// When a container that ended is started again.
public struct RestartPolicy: Sendable, Equatable {
    /// Which ends are followed by a start.
    public var condition: Condition
    /// How many starts in a row; nil means no limit.
    public var maximumAttempts: Int?
    /// The time before the first start; nil means the agent's back-off.
    public var delay: Duration?
    /// How long it must run for the back-off to begin anew; nil means the agent's choice.
    public var window: Duration?

    /// A restart policy.
    public init(
        condition: Condition = .never,
        maximumAttempts: Int? = nil,
        delay: Duration? = nil,
        window: Duration? = nil
    ) {
        self.condition = condition
        self.maximumAttempts = maximumAttempts
        self.delay = delay
        self.window = window
    }
}
