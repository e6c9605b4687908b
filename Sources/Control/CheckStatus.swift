// SPDX-License-Identifier: Apache-2.0

/// What one check of a container, its health check or a probe, has shown.
public struct CheckStatus: Codable, Sendable, Equatable {
    /// `notify`, `healthcheck`, `startup`, `readiness` or `liveness`.
    public var name: String
    /// What it asks, for example `http :80/up`, or what it is to be told.
    public var asks: String
    /// `starting`, `healthy` or `unhealthy`.
    public var state: String
    /// Since when it is so, RFC 3339 in UTC.
    public var since: String
    /// What it said last; empty for success.
    public var reason: String

    /// What a check has shown.
    public init(name: String, asks: String, state: String, since: String, reason: String) {
        self.name = name
        self.asks = asks
        self.state = state
        self.since = since
        self.reason = reason
    }
}
