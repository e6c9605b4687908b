// SPDX-License-Identifier: Apache-2.0

/// Which images a node runs: `trust.images` of its file.
public struct ImageTrust: Equatable, Sendable {
    /// The rules for images below some prefixes, by name.
    public var rules: [ImageRule]
    /// The rule for all other images: `default`.
    public var fallback: ImageRule

    /// Rules, and the one for what none of them covers.
    public init(rules: [ImageRule] = [], fallback: ImageRule) {
        self.rules = rules
        self.fallback = fallback
    }
}
