// SPDX-License-Identifier: Apache-2.0

/// The far end of a veth pair: made directly inside another network namespace.
public struct VethPeer: Sendable {
    /// The interface name there.
    public let name: String
    /// A descriptor of the namespace it is made in.
    public let namespace: Int32
    /// Its hardware address.
    public let mac: MACAddress

    /// Describes the far end.
    public init(name: String, namespace: Int32, mac: MACAddress) {
        self.name = name
        self.namespace = namespace
        self.mac = mac
    }
}
