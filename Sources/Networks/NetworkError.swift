// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Netlink

/// A network operation that failed: which one, on what, and why.
public struct NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, for example `publish`.
    public let operation: String
    /// The network, container address or port it was tried on.
    public let subject: String
    /// Why it failed, with the remedy where there is one.
    public let cause: String

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: String) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    init(_ operation: String, _ subject: String, _ cause: any Error) {
        if let error = cause as? NetworkError {
            self = error
        } else {
            self.init(operation, subject, "\(cause)")
        }
    }

    /// For example `publish 127.0.0.1:8080/tcp: the port is in use on this host`.
    public var description: String { "\(operation) \(subject): \(cause)" }
}

/// Runs `body` and names what was being done in whatever it throws.
func naming<Value>(
    _ operation: String,
    _ subject: @autoclosure () -> String,
    _ body: () throws -> Value
) throws(NetworkError) -> Value {
    do {
        return try body()
    } catch {
        throw NetworkError(operation, subject(), error)
    }
}
