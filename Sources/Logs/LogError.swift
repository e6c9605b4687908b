// SPDX-License-Identifier: Apache-2.0
public import Linux

/// A step of capturing or reading logs that failed: which one, on what, and why.
public struct LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done.
    public enum Operation: String, Sendable {
        case makePipes = "make log pipes"
        case adoptPipes = "adopt log pipes"
        case openSpool = "open log spool"
        case append = "append to log spool"
        case read = "read log spool"
        case capture = "capture logs"
    }

    /// What was being done.
    public let operation: Operation
    /// The spool, container or descriptor that it was done to.
    public let subject: String
    /// The call that failed, or nil when the spool itself does not allow it.
    public let cause: LinuxError?
    /// What is wrong, where no call failed.
    public let reason: String

    /// A step that failed because a system call did.
    public init(_ operation: Operation, _ subject: String, _ cause: LinuxError) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
        reason = cause.description
    }

    /// A step that failed for a reason of its own.
    public init(_ operation: Operation, _ subject: String, reason: String) {
        self.operation = operation
        self.subject = subject
        cause = nil
        self.reason = reason
    }

    /// For example `append to log spool /var/lib/martlet/spool/web.1: pwrite ...: no space left on device (ENOSPC)`.
    public var description: String { "\(operation.rawValue) \(subject): \(reason)" }
}

/// Runs system calls for one operation on one subject.
func attempt<Value: ~Copyable>(
    _ operation: LogError.Operation,
    _ subject: @autoclosure () -> String,
    _ body: () throws(LinuxError) -> Value
) throws(LogError) -> Value {
    do throws(LinuxError) { return try body() } catch { throw LogError(operation, subject(), error) }
}
