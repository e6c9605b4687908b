// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// A batch that could not be sent: to whom, why, and what follows.
public struct SinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why, and what follows.
    public enum Cause: Equatable, Sendable {
        /// It is sent again, after so long at least.
        case unavailable(String, after: Duration? = nil)
        /// The receiver will never take it: its lines are counted as dropped.
        case rejected(String)
        /// Somebody called it off.
        case cancelled
    }

    /// What was being done.
    public let operation: String
    /// The receiver.
    public let subject: String
    /// Why.
    public let cause: Cause

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// A connection that failed.
    public init(_ error: TransferError) {
        operation = error.operation
        subject = error.subject
        cause = error.cause == .cancelled ? .cancelled : .unavailable(error.reason)
    }

    /// A system call that failed.
    public init(_ operation: String, _ error: LinuxError) {
        self.operation = operation
        subject = error.subject
        cause = .unavailable(error.description)
    }

    /// For example `send to tcp://logs.example.net:514: the connection was refused`.
    public var description: String { "\(operation) \(subject): \(reason)" }

    /// The cause alone.
    public var reason: String {
        switch cause {
        case .unavailable(let text, _), .rejected(let text): text
        case .cancelled: "called off"
        }
    }
}
