// SPDX-License-Identifier: Apache-2.0
public import Linux

/// A transfer that failed: what was asked of whom, why, and whether to ask again makes sense.
public struct TransferError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why it failed.
    public enum Cause: Error, Equatable {
        /// The address of what was asked is no URL that may be asked.
        case address(String)
        /// The name of the host has no address, or no answer.
        case resolve(String)
        /// No connection could be made, or it broke.
        case connection(String)
        /// The server could not prove who it is, or no safe channel could be agreed on.
        case security(String)
        /// It took longer than the deadline, or came slower than the limit.
        case time(String)
        /// The answer breaks HTTP, or ended before its end.
        case answer(String)
        /// The answer goes over a cap.
        case limit(String)
        /// The server has not answered for long, and is left alone for a while.
        case unanswered(String)
        /// The file that the answer goes into does not take it.
        case file(LinuxError)
        /// Somebody called it off.
        case cancelled
        /// libcurl failed for a reason of its own.
        case library(String)
    }

    /// What was being done, an HTTP method.
    public let operation: String
    /// The URL, without a query: that may hold a secret.
    public let subject: String
    /// Why it failed.
    public let cause: Cause

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool {
        switch cause {
        case .resolve, .connection, .time, .answer, .library: true
        case .address, .security, .limit, .unanswered, .file, .cancelled: false
        }
    }

    /// For example `GET https://registry.test/v2/: the connection was refused`.
    public var description: String { "\(operation) \(subject): \(reason)" }

    /// The cause alone.
    public var reason: String {
        switch cause {
        case .address(let text), .resolve(let text), .connection(let text), .security(let text),
            .time(let text), .answer(let text), .limit(let text), .unanswered(let text),
            .library(let text):
            text
        case .file(let error): error.description
        case .cancelled: "called off"
        }
    }
}
