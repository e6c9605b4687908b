// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A container that could not be made, changed or ended: at which step, on what, and why.
public struct ContainerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why.
    public enum Cause: Equatable, Sendable {
        /// A system call failed with this `errno`.
        case errno(Int32)
        /// The launch program breaks its own bounds.
        case invalidProgram
        /// The keeper's connection ended.
        case keeperGone
        /// The keeper speaks another protocol version.
        case keeperVersion(UInt64)
        /// The request cannot be honoured on this host; the text names what and the remedy.
        case unsupported(String)
    }

    /// What was being done: `prepare`, `release`, `cgroup`.
    public let step: String
    /// The container or file it was done to, with the failed operation where there is one.
    public let subject: String
    /// Why it failed.
    public let cause: Cause

    /// Describes a failure.
    public init(step: String, _ subject: String, cause: Cause) {
        self.step = step
        self.subject = subject
        self.cause = cause
    }

    /// For example `release web-1: exec /bin/tru: no such file or directory (ENOENT)`.
    public var description: String {
        switch cause {
        case .errno(let number): LinuxError(step, subject, errno: number).description
        case .invalidProgram: "\(step) \(subject): the launch program breaks its bounds"
        case .keeperGone: "\(step) \(subject): the keeper's connection ended"
        case .keeperVersion(let version): "\(step) \(subject): keeper speaks protocol \(version): upgrade it"
        case .unsupported(let what): "\(step) \(subject): \(what)"
        }
    }
}
