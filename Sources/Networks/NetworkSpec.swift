// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// What a network shall be.
public struct NetworkSpec: Hashable, Sendable {
    /// The app it belongs to.
    public var app: String
    /// Its name within the app.
    public var name: String
    /// The IPv4 subnet; nil takes a free one from the pool.
    public var subnet: AddressPrefix?
    /// The bridge's own address; nil takes the first of the subnet.
    public var gateway: IPAddress?
    /// Whether containers also get an IPv6 address of a unique local prefix derived from the name.
    public var ipv6: Bool
    /// Whether containers reach only each other: no way out, nothing published, no foreign names.
    public var isInternal: Bool
    /// Whether containers may reach the cloud's metadata service at 169.254.169.254.
    public var allowsMetadata: Bool
    /// The largest packet; nil takes the kernel's default of 1500.
    public var mtu: UInt32?

    /// Describes a network.
    public init(
        app: String,
        name: String,
        subnet: AddressPrefix? = nil,
        gateway: IPAddress? = nil,
        ipv6: Bool = false,
        isInternal: Bool = false,
        allowsMetadata: Bool = false,
        mtu: UInt32? = nil
    ) {
        self.app = app
        self.name = name
        self.subnet = subnet
        self.gateway = gateway
        self.ipv6 = ipv6
        self.isInternal = isInternal
        self.allowsMetadata = allowsMetadata
        self.mtu = mtu
    }
}
