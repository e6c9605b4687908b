// SPDX-License-Identifier: Apache-2.0

/// One thing to do, and why.
public struct Step: Sendable, Equatable, CustomStringConvertible {
    /// What to do.
    public let action: Action
    /// Why.
    public let reason: Reason

    /// An action for a reason.
    public init(_ action: Action, _ reason: Reason) {
        self.action = action
        self.reason = reason
    }

    /// For example `replace clickme/web/1: services.web.image changed`.
    public var description: String {
        "\(action): \(reason)"
    }
}
