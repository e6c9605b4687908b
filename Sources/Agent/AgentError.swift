// SPDX-License-Identifier: Apache-2.0

/// Something that the agent could not do for an app: what, for whom, and why with the remedy.
public struct AgentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done: `start`, `apply`, `stop`.
    public let operation: String
    /// The app, service or instance.
    public let subject: String
    /// Why it failed and what helps.
    public let cause: String

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: String) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// For example `start clickme/web/1: image clickme/web:1 is not here: import it`.
    public var description: String { "\(operation) \(subject): \(cause)" }
}
