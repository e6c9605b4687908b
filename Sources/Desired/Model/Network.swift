// SPDX-License-Identifier: Apache-2.0

/// A network of an app: one bridge.
public struct Network: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// Whether the network has no way out of the host.
    public var isInternal: Bool
    /// Whether addresses of IP version 6 are given.
    public var hasIPv6: Bool
    /// The subnets that were asked for; empty means that the agent chooses.
    public var subnets: [Subnet]
    /// Labels.
    public var labels: [String: String]

    /// A network of these properties.
    public init(
        name: String,
        isInternal: Bool = false,
        hasIPv6: Bool = false,
        subnets: [Subnet] = [],
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.isInternal = isInternal
        self.hasIPv6 = hasIPv6
        self.subnets = subnets
        self.labels = labels
    }
}
