// SPDX-License-Identifier: Apache-2.0

/// A service on one of the app's networks.
public struct NetworkAttachment: Sendable, Equatable {
    /// The network's name in the file.
    public var network: String
    /// Names besides the service's own that answer on this network, in order.
    public var aliases: [String]
    /// The fixed address, within one of the network's subnets.
    public var ipv4Address: IPAddress?

    /// An attachment to this network.
    public init(network: String, aliases: [String] = [], ipv4Address: IPAddress? = nil) {
        self.network = network
        self.aliases = aliases
        self.ipv4Address = ipv4Address
    }
}
