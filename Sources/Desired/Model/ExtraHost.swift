// SPDX-License-Identifier: Apache-2.0

/// A line of the container's /etc/hosts.
public struct ExtraHost: Sendable, Equatable {
    /// The host name.
    public var name: String
    /// Its addresses, in order.
    public var addresses: [IPAddress]

    /// A name and its addresses.
    public init(name: String, addresses: [IPAddress]) {
        self.name = name
        self.addresses = addresses
    }
}
