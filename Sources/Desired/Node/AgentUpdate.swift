// SPDX-License-Identifier: Apache-2.0

/// The release that a node file wants the node to go on as: `update.agent`.
public struct AgentUpdate: Equatable, Sendable {
    /// How long a release may take to be confirmed.
    public static let times = Duration.seconds(15)...Duration.seconds(240)
    /// How long it may take if nobody says.
    public static let usualTime = Duration.seconds(120)

    /// The name of its image.
    public var source: String
    /// The rule of `trust.images` that must let it run besides that of its prefix.
    public var verify: String?
    /// How long it may take to be confirmed.
    public var health = Self.usualTime

    /// A release of this name.
    public init(_ source: String) { self.source = source }

    /// All that is said, in one line: what was seen to once is not again as long as this is the same.
    public var words: String { [source, verify ?? "", "\(health)"].joined(separator: " ") }
}
