// SPDX-License-Identifier: Apache-2.0

/// That an image may run, by which rule and which keys.
///
/// It is about one manifest: whatever its name points to later, this is what was looked at.
public struct TrustVerdict: Hashable, Sendable, Codable {
    /// The rule's name in the node file.
    public let rule: String
    /// The rule as it was: a verdict by a rule that has changed since counts no more.
    public let ruleDigest: Digest
    /// The name by which it was wanted, in normal form.
    public let name: String
    /// The manifest that may run.
    public let digest: Digest
    /// What the signatures are over: the manifest, or an index that leads to it; nil if none were asked for.
    public let signed: Digest?
    /// The fingerprints of the keys whose signatures were found, sorted.
    public let keys: [Digest]
    /// When it was judged, nanoseconds since 1970.
    public let judgedAt: Int64
}
