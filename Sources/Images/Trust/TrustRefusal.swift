// SPDX-License-Identifier: Apache-2.0

/// Why a rule of the node does not let an image run, and what helps.
public struct TrustRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rule's name in the node file.
    public let rule: String
    /// What the image lacks.
    public let why: String
    /// What the user can do.
    public let remedy: String

    /// For example `trust.images.release-key refuses it: it has no signature: sign it with cosign`.
    public var description: String { "trust.images.\(rule) refuses it: \(why): \(remedy)" }
}
