// SPDX-License-Identifier: Apache-2.0

/// By which rule of the node an image may run.
public struct TrustStatus: Codable, Sendable, Equatable {
    /// The rule's name under `trust.images` in the node file.
    public var rule: String
    /// The manifest that was judged.
    public var digest: String
    /// What the signatures are over: the manifest, or an index that leads to it; nil if none were asked for.
    public var signed: String?
    /// The fingerprints of the keys that have signed: SHA-256 of the key's DER.
    public var keys: [String]
    /// When it was judged, RFC 3339 in UTC.
    public var judgedAt: String

    enum CodingKeys: String, CodingKey {
        case rule, digest, signed, keys
        case judgedAt = "judged_at"
    }

    /// A verdict that lets an image run.
    public init(rule: String, digest: String, signed: String?, keys: [String], judgedAt: String) {
        self.rule = rule
        self.digest = digest
        self.signed = signed
        self.keys = keys
        self.judgedAt = judgedAt
    }
}
