// SPDX-License-Identifier: Apache-2.0

/// What a desired state says of itself under `x-martlet`: how new it is, until when it holds, and for which nodes.
///
/// None of it is part of the generation: a desired state that is prolonged changes nothing that runs.
public struct Claims: Sendable, Equatable {
    /// What versions can be.
    public static let versions = 1...(1 << 53)

    /// Rises with every change: a lower one than a node has seen is a replay.
    public var version: Int?
    /// The second since 1970 from which on it is not valid any more.
    public var expires: Int64?
    /// The nodes that it is for; empty is every node.
    public var audience: [Audience] = []

    /// Claims nothing.
    public init() {}

    /// Whether it is not valid any more at a second since 1970.
    public func hasExpired(at seconds: Int64) -> Bool { expires.map { $0 <= seconds } ?? false }

    /// Whether it is for a node.
    public func includes(node: String, labels: [String: String]) -> Bool {
        audience.isEmpty || audience.contains { $0.includes(node: node, labels: labels) }
    }
}
