// SPDX-License-Identifier: Apache-2.0

/// What was done, or was to be done, on a node, and by whom.
public struct AuditRecord: Codable, Sendable, Equatable {
    /// Its number, one more than that of the one before; 0 before it is on record.
    public var seq: Int
    /// When, RFC 3339 in UTC with milliseconds; empty before it is on record.
    public var time: String
    /// By whom: `uid 0 pid 4711`, `certificate CN=ci,OU=ops` (RFC 4514), `token ci`, `source apps` or `hook`.
    public var caller: String
    /// What: a method and a path of the API, or `apply` and `remove` of a source.
    public var action: String
    /// The app, or what else it was about.
    public var subject: String
    /// `accepted`, `refused` or `failed`.
    public var result: String
    /// Why, and of an exec the command; may be empty.
    public var reason: String
    /// The SHA-256 of what was brought, `sha256:...`.
    public var digest: String?

    /// A record.
    public init(
        seq: Int = 0,
        time: String = "",
        caller: String,
        action: String,
        subject: String,
        result: String,
        reason: String = "",
        digest: String? = nil
    ) {
        self.seq = seq
        self.time = time
        self.caller = caller
        self.action = action
        self.subject = subject
        self.result = result
        self.reason = reason
        self.digest = digest
    }
}

/// Whether the audit is as it was written.
public struct AuditVerdict: Codable, Sendable, Equatable {
    /// The number of the oldest record that is kept; 0 if there is none.
    public var first: Int
    /// The number of the newest.
    public var last: Int
    /// What is wrong; nil if nothing is.
    public var fault: String?

    /// A verdict.
    public init(first: Int, last: Int, fault: String?) {
        self.first = first
        self.last = last
        self.fault = fault
    }
}
