// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// A container's place on a network.
public struct Attachment: Hashable, Sendable {
    /// The caller's name for the container.
    public let instance: String
    /// The interface name inside the container, for example `eth0`.
    public let interface: String
    /// Its IPv4 address.
    public let ipv4: IPAddress
    /// Its IPv6 address, if the network has a prefix.
    public let ipv6: IPAddress?
    /// Its hardware address.
    public let mac: MACAddress
    /// The host's end of the veth pair.
    public let hostInterface: String

    let index: Int32

    /// Reads the host's end of a veth pair; nil if it is not one of this network.
    init?(port link: Link, of label: NetworkLabel) {
        guard link.kind == "veth", let alias = ObjectAlias(link.alias), alias.label == label,
            let instance = alias.words["instance"], let interface = alias.words["if"],
            let ipv4 = alias.words["ip"].flatMap({ IPAddress($0) }), ipv4.isV4,
            let mac = alias.words["mac"].flatMap({ MACAddress($0) })
        else { return nil }
        self.instance = instance
        self.interface = interface
        self.ipv4 = ipv4
        ipv6 = alias.words["ip6"].flatMap { IPAddress($0) }
        self.mac = mac
        hostInterface = link.name
        index = link.index
    }

    /// The text that `init(port:of:)` reads back.
    static func alias(
        _ label: NetworkLabel,
        instance: String,
        interface: String,
        ipv4: IPAddress,
        ipv6: IPAddress?,
        mac: MACAddress
    ) -> String {
        var words = ["instance": instance, "if": interface, "ip": "\(ipv4)", "mac": "\(mac)"]
        words["ip6"] = ipv6.map { "\($0)" }
        return ObjectAlias(label, words).description
    }
}
