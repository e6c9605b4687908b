// SPDX-License-Identifier: Apache-2.0

/// Why a rule of the node does not let an image run, and what helps.
public struct TrustRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rule's name in the node file.
    public let rule: String
    /// What the image lacks.
    public let why: String
    /// What the user can do.
    public let remedy: String
    /// When time alone will have helped, nanoseconds since 1970; nil if it will not.
    public let opensAt: Int64?

    init(rule: String, why: String, remedy: String, opensAt: Int64? = nil) {
        self.rule = rule
        self.why = why
        self.remedy = remedy
        self.opensAt = opensAt
    }

    /// For example `trust.images.release-key refuses it: it has no signature: sign it with cosign`.
    public var description: String { "trust.images.\(rule) refuses it: \(why): \(remedy)" }
}
