// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Objects

/// An operation on a volume that failed: what was being done, to what, and why.
public struct VolumeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why it failed.
    public enum Cause: Equatable, Sendable {
        /// What the store gave is not what was stored, or not what its format allows.
        case damaged(String)
        /// It will not be done, however often it is asked for; with the remedy.
        case refused(String)
        /// The store failed.
        case store(ObjectError)
        /// A system call failed.
        case system(LinuxError)
        /// Somebody else writes this volume now.
        case fenced(String)
        /// Whether it happened is not known; the same may be asked for again.
        case unsettled(String)
        /// Somebody called it off.
        case cancelled
    }

    /// What was being done: `commit`, `restore`, `acquire`, ...
    public let operation: String
    /// The volume, or what of it.
    public let subject: String
    /// Why it failed.
    public let cause: Cause

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// For example `restore shop/data: etc/passwd: the chunk 0f.. is not what it is named by`.
    public var description: String { "\(operation) \(subject): \(reason)" }

    /// The cause alone.
    public var reason: String {
        switch cause {
        case .damaged(let text), .refused(let text), .fenced(let text), .unsettled(let text): text
        case .store(let error): error.description
        case .system(let error): error.description
        case .cancelled: "called off"
        }
    }
}
