// SPDX-License-Identifier: Apache-2.0

/// A place that desired states come from by themselves, and how it stands with it.
public struct SourceStatus: Codable, Sendable, Equatable {
    /// Its name in the node file.
    public var name: String
    /// `dir`, `http`, `git`, `oci` or `store`.
    public var kind: String
    /// Whether others go on, and take apps down, without it.
    public var isOptional: Bool
    /// `loading`, `synced`, `failed` (cannot be read), `refused` (is not right) or `expired`.
    public var state: String
    /// Since when, RFC 3339 in UTC.
    public var since: String
    /// What was taken last; nil if nothing was since the agent began.
    public var revision: String?
    /// Why it is not synced; empty if it is.
    public var reason: String
    /// The apps that it says, by name.
    public var apps: [String]

    enum CodingKeys: String, CodingKey {
        case name, kind
        case isOptional = "optional"
        case state, since, revision, reason, apps
    }

    /// How it stands with a source.
    public init(
        name: String,
        kind: String,
        isOptional: Bool,
        state: String,
        since: String,
        revision: String?,
        reason: String,
        apps: [String]
    ) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.state = state
        self.since = since
        self.revision = revision
        self.reason = reason
        self.apps = apps
    }
}
