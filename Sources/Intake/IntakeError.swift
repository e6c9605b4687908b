// SPDX-License-Identifier: Apache-2.0

/// Why what a source has is not taken: what, and the cause with the remedy.
public struct IntakeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of cause.
    public enum Kind: Equatable, Sendable {
        /// It cannot be read: it is tried again, at growing pauses.
        case unreachable
        /// It is just being written: it is tried again soon.
        case busy
        /// It was read, and is not right.
        case refused
    }

    /// What kind of cause.
    public let kind: Kind
    /// The file, the URL, the app.
    public let subject: String
    /// What is wrong, with the remedy.
    public let cause: String
    /// When a server wants to be asked again.
    public var retryAfter: Duration?

    /// Describes a failure.
    public init(_ kind: Kind, _ subject: String, _ cause: String) {
        self.kind = kind
        self.subject = subject
        self.cause = cause
    }

    /// For example `clickme.yaml: not signed: write the signature to clickme.yaml.sig`.
    public var description: String { subject.isEmpty ? cause : "\(subject): \(cause)" }
}
