// SPDX-License-Identifier: Apache-2.0

/// How it stands with a source.
public struct SourceReport: Sendable, Equatable {
    /// One word for that.
    public enum State: String, Sendable {
        /// It was not read yet.
        case loading
        /// The node has what it says.
        case synced
        /// It cannot be read; what it said before goes on.
        case failed
        /// What it says is not right; what it said before goes on.
        case refused
        /// What it says has expired, and goes on.
        case expired
    }

    /// Its name.
    public let name: String
    /// `dir`, `http`, `git`, `oci` or `store`.
    public let kind: String
    /// Whether others go on without it.
    public let isOptional: Bool
    /// How it stands.
    public var state: State
    /// Since when, in seconds since 1970.
    public var since: Int64
    /// What was taken last; nil if nothing was since the agent began.
    public var revision: String?
    /// Why it is not synced; empty if it is.
    public var reason = ""
    /// The apps that it says, by name, as far as that is right.
    public var apps: [String] = []
}
