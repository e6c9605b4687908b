// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// A network as the kernel has it: a bridge, its addresses, its containers.
public struct Network: Hashable, Sendable {
    /// The app it belongs to.
    public let app: String
    /// Its name within the app.
    public let name: String
    /// The name of the bridge.
    public let bridge: String
    /// The IPv4 subnet, host bits cleared.
    public let subnet: AddressPrefix
    /// The bridge's IPv4 address: the default gateway and the name server of its containers.
    public let gateway: IPAddress
    /// The IPv6 prefix, if it has one.
    public let subnet6: AddressPrefix?
    /// The bridge's IPv6 address, if it has one.
    public let gateway6: IPAddress?
    /// Whether containers reach only each other.
    public let isInternal: Bool
    /// Whether containers may reach the metadata service.
    public let allowsMetadata: Bool
    /// The largest packet.
    public let mtu: UInt32
    /// The containers on it, by address.
    public let attachments: [Attachment]

    let label: NetworkLabel
    let index: Int32

    /// Reads a bridge of ours; nil if it is someone else's, or has no address yet.
    init?(bridge link: Link, links: [Link], addresses: [LinkAddress]) {
        guard link.kind == "bridge", let alias = ObjectAlias(link.alias) else { return nil }
        let own = addresses.filter { $0.link == link.index }.map(\.prefix)
        guard let four = own.first(where: \.address.isV4) else { return nil }
        let six = own.first { !$0.address.isV4 && !Network.isLinkLocal($0.address) }
        app = alias.label.app
        name = alias.label.network
        bridge = link.name
        subnet = four.network
        gateway = four.address
        subnet6 = six?.network
        gateway6 = six?.address
        isInternal = alias.words["internal"] == "yes"
        allowsMetadata = alias.words["metadata"] == "yes"
        mtu = link.mtu
        label = alias.label
        index = link.index
        attachments = links.compactMap { Attachment(port: $0, of: alias.label) }
            .sorted { $0.ipv4.bytes.lexicographicallyPrecedes($1.ipv4.bytes) }
    }

    private static func isLinkLocal(_ address: IPAddress) -> Bool {
        if case .v6(let high, _) = address { high >> 54 == 0xfe80 >> 6 } else { false }
    }
}
