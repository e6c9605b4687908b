// SPDX-License-Identifier: Apache-2.0

/// The node's own state in a store: what would bring it back if the node were gone.
public struct StateStatus: Codable, Sendable, Equatable {
    /// The store that it is kept in.
    public var store: String
    /// `acquiring`, `restoring`, `held`, `failing`, or `elsewhere` while another machine is the node of this name.
    public var state: String
    /// Why it is so; empty where all is well.
    public var reason: String
    /// What holds for it, as for volumes: `fenced`, or `fork-preserving` where two machines of one name may both save for a
    /// while; nil until the store was asked.
    public var guarantee: String?
    /// The number of the last version in the store; nil before the first.
    public var sequence: UInt64?
    /// When that was made, RFC 3339 in UTC; nil before the first of this agent.
    public var savedAt: String?
    /// When this agent brought back what the store had; nil if it did not.
    public var restoredAt: String?
    /// How old, in seconds, the instant is that the store has; nil before the first look.
    public var riskSeconds: Double?
    /// Apps that changed since.
    public var riskApps: Int
    /// Lines that no sink has taken yet, and the store has not.
    public var riskLines: UInt64
    /// Bytes of logs that wait for sinks and had no room in the last version.
    public var leftOutBytes: Int
    /// How often it was saved since the agent began.
    public var saves: Int
    /// How often that failed.
    public var failures: Int

    enum CodingKeys: String, CodingKey {
        case store, state, reason, guarantee, sequence, saves, failures
        case savedAt = "saved_at"
        case restoredAt = "restored_at"
        case riskSeconds = "risk_seconds"
        case riskApps = "risk_apps"
        case riskLines = "risk_lines"
        case leftOutBytes = "left_out_bytes"
    }

    /// A state that was not saved yet.
    public init(store: String, state: String, reason: String = "") {
        self.store = store
        self.state = state
        self.reason = reason
        riskApps = 0
        riskLines = 0
        leftOutBytes = 0
        saves = 0
        failures = 0
    }
}
