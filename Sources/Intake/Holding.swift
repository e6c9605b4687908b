// SPDX-License-Identifier: Apache-2.0
public import Desired

/// What a node has of an app at present.
public struct Holding: Equatable, Sendable {
    /// What the app came from: the name of a source, or `push`.
    public var source: String
    /// The digest of its current generation.
    public var digest: String
    /// What its desired state says of itself.
    public var claims: Claims

    /// What a node has.
    public init(source: String, digest: String, claims: Claims) {
        self.source = source
        self.digest = digest
        self.claims = claims
    }
}
