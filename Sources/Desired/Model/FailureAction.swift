// SPDX-License-Identifier: Apache-2.0

/// What follows when an instance of a new generation fails.
public enum FailureAction: String, Sendable, Equatable {
    /// The whole app returns to the generation before.
    case rollback
    /// Everything stays where it is until a user says more.
    case pause
    /// The rest is updated all the same.
    case `continue`
}
