// SPDX-License-Identifier: Apache-2.0

/// One app and how far it is from its desired state.
public struct AppStatus: Codable, Sendable, Equatable {
    /// The app.
    public var name: String
    /// The number of its current generation.
    public var generation: Int
    /// The SHA-256 of that generation's canonical JSON, `sha256:...`.
    public var digest: String
    /// Where the generation came from.
    public var source: String
    /// When it was accepted, RFC 3339 in UTC.
    public var acceptedAt: String
    /// `converging`, `converged`, `degraded`, `mixed` (between two generations) or `failed`.
    public var state: String
    /// Why it is not converged; empty if it is.
    public var reason: String
    /// Whether its desired state is not valid any more: it goes on, and should be replaced.
    public var isExpired: Bool
    /// Its services, by name.
    public var services: [ServiceStatus]
    /// Images that a desired state after the current one waits for.
    public var holds: [HoldStatus]
    /// What waits for `martlet apply ID`; nil if nothing does.
    public var plan: WaitingPlan?

    enum CodingKeys: String, CodingKey {
        case name, generation, digest, source
        case acceptedAt = "accepted_at"
        case state, reason, services, holds, plan
        case isExpired = "expired"
    }

    /// An app's state.
    public init(
        name: String,
        generation: Int,
        digest: String,
        source: String,
        acceptedAt: String,
        state: String,
        reason: String,
        isExpired: Bool = false,
        services: [ServiceStatus],
        holds: [HoldStatus] = [],
        plan: WaitingPlan? = nil
    ) {
        self.name = name
        self.generation = generation
        self.digest = digest
        self.source = source
        self.acceptedAt = acceptedAt
        self.state = state
        self.reason = reason
        self.isExpired = isExpired
        self.services = services
        self.holds = holds
        self.plan = plan
    }
}
