// SPDX-License-Identifier: Apache-2.0

/// A destination of log lines, and how it stands with it.
public struct SinkStatus: Codable, Sendable, Equatable {
    /// Its name in the node file.
    public var name: String
    /// `syslog`, `forward`, `journald`, ...
    public var kind: String
    /// What it means that a line was delivered: `app-acked`, `tcp-acked`, `kernel-accepted` or `best-effort`.
    public var delivery: String
    /// `ok`, or `failing` while the receiver takes nothing.
    public var state: String
    /// Since when it is failing, RFC 3339 in UTC; nil if it is not.
    public var since: String?
    /// Why it is failing; empty if it is not.
    public var reason: String
    /// Lines that were read for it since the agent began.
    public var linesIn: UInt64
    /// Lines that were delivered.
    public var linesOut: UInt64
    /// Their bytes, as the containers wrote them.
    public var bytesOut: UInt64
    /// Batches that were sent again.
    public var retries: UInt64
    /// Lines that this sink will not get, by the reason: `dropped` and `full` (the log was larger than it may be),
    /// `rate_limited`, `sampled`, `lag` (it was further behind than it may be), `rejected` (the receiver refused them for
    /// good), or `removed` (they were not sent when their log was removed).
    public var dropped: [String: UInt64]
    /// Lines that wait for it.
    public var lagLines: UInt64
    /// How long the oldest of them has waited, in seconds.
    public var lagSeconds: Double

    enum CodingKeys: String, CodingKey {
        case name, kind, delivery, state, since, reason
        case linesIn = "lines_in"
        case linesOut = "lines_out"
        case bytesOut = "bytes_out"
        case retries, dropped
        case lagLines = "lag_lines"
        case lagSeconds = "lag_seconds"
    }

    /// How it stands with a sink.
    public init(
        name: String,
        kind: String,
        delivery: String,
        state: String,
        since: String?,
        reason: String,
        linesIn: UInt64,
        linesOut: UInt64,
        bytesOut: UInt64,
        retries: UInt64,
        dropped: [String: UInt64],
        lagLines: UInt64,
        lagSeconds: Double
    ) {
        self.name = name
        self.kind = kind
        self.delivery = delivery
        self.state = state
        self.since = since
        self.reason = reason
        self.linesIn = linesIn
        self.linesOut = linesOut
        self.bytesOut = bytesOut
        self.retries = retries
        self.dropped = dropped
        self.lagLines = lagLines
        self.lagSeconds = lagSeconds
    }
}
