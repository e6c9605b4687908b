// SPDX-License-Identifier: Apache-2.0

/// What a service asks of its image beside a name (`x-martlet.image`).
public struct ImageDemand: Sendable, Hashable {
    /// The rule under `trust.images` of the node file that it must meet as well; nil for none.
    public var verify: String?
    /// How long the node must have known it, counted from its first sight there; nil demands nothing.
    public var minimumAge: Duration?
    /// What moves it to another image by itself; nil for nothing.
    public var follow: ImageFollow?

    /// Asks for nothing.
    public init() {}
}
