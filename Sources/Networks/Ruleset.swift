// SPDX-License-Identifier: Apache-2.0
internal import Netlink

/// The packet filter rules of a network, as nftables commands: pure, each property one transaction.
///
/// Three parts that change on their own: `base` follows the network, `ports` its containers, `published` its
/// published ports. An accept in one table never overrides a drop in another, so the host's own rules win.
enum Ruleset {
    /// The table with filter and address translation; keeps the published ports as they are.
    static func base(_ network: Network) -> String {
        let table = "inet \(network.label.table)"
        var lines = [
            "add table \(table) { comment \"\(network.label)\"; }",
            "add chain \(table) published",
        ]
        for chain in chains(network) {
            lines.append("add chain \(table) \(chain.name) { \(chain.hook); policy accept; }")
            lines.append("flush chain \(table) \(chain.name)")
            lines += chain.rules.map { "add rule \(table) \(chain.name) \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// The published ports, replaced as a whole.
    static func published(_ network: Network, _ mappings: [PortMapping]) -> String {
        let chain = "inet \(network.label.table) published"
        var order: [HostPort] = []
        var targets: [HostPort: [PortMapping]] = [:]
        for mapping in mappings {
            if targets[mapping.host] == nil { order.append(mapping.host) }
            targets[mapping.host, default: []].append(mapping)
        }
        // A rule for one address must be asked before the rule for any address.
        let hosts = order.filter { !$0.address.isUnspecified } + order.filter(\.address.isUnspecified)
        return (["flush chain \(chain)"] + hosts.map { "add rule \(chain) \(rule($0, targets[$0] ?? []))" })
            .joined(separator: "\n")
    }

    /// The bridge's own table, replaced as a whole: each port may only send as the container behind it.
    static func ports(_ network: Network) -> String {
        let table = "bridge \(network.label.table)"
        let base = [
            "add table \(table)", "delete table \(table)",
            "add table \(table) { comment \"\(network.label)\"; }",
            "add map \(table) ports { type ifname : verdict; }",
            "add chain \(table) filter { type filter hook prerouting priority -300; policy accept; }",
            "add rule \(table) filter iifname vmap @ports",
        ]
        return (base + network.attachments.map { port(network.label, $0) }).joined(separator: "\n")
    }

    /// One more port in that table.
    ///
    /// A port joins its bridge only after this, and so never speaks unchecked.
    static func port(_ label: NetworkLabel, _ port: Attachment) -> String {
        let table = "bridge \(label.table)"
        let chain = "port_\(port.hostInterface)"
        let rules = sender(port).map { "add rule \(table) \(chain) \($0)" }
        return
            (["add chain \(table) \(chain)", "flush chain \(table) \(chain)"] + rules
            + ["add element \(table) ports { \"\(port.hostInterface)\" : goto \(chain) }"])
            .joined(separator: "\n")
    }

    /// One port less in that table.
    static func removal(of port: Attachment, _ label: NetworkLabel) -> String {
        let table = "bridge \(label.table)"
        let chain = "port_\(port.hostInterface)"
        return [
            "delete element \(table) ports { \"\(port.hostInterface)\" : goto \(chain) }",
            "flush chain \(table) \(chain)", "delete chain \(table) \(chain)",
        ].joined(separator: "\n")
    }

    /// Takes away all tables of a network; those that are not there are made first, so that it never fails.
    static func removal(_ table: String) -> String {
        ["inet", "bridge"].map { "add table \($0) \(table)\ndelete table \($0) \(table)" }
            .joined(separator: "\n")
    }

    private struct Chain {
        let name: String
        let hook: String
        let rules: [String]
    }

    private static func chains(_ network: Network) -> [Chain] {
        [
            Chain(name: "guard", hook: "type filter hook prerouting priority -300", rules: entry(network)),
            Chain(
                name: "prerouting",
                hook: "type nat hook prerouting priority -100",
                rules: ["fib daddr type local jump published"]
            ),
            Chain(
                name: "output",
                hook: "type nat hook output priority -100",
                rules: ["fib daddr type local jump published"]
            ),
            Chain(
                name: "postrouting",
                hook: "type nat hook postrouting priority 100",
                rules: leaving(network)
            ),
            Chain(name: "forward", hook: "type filter hook forward priority 0", rules: forward(network)),
            Chain(name: "input", hook: "type filter hook input priority 0", rules: input(network)),
        ]
    }

    private static func entry(_ network: Network) -> [String] {
        let from = "iifname \"\(network.bridge)\""
        // `route_localnet` on the bridge lets 127.0.0.0/8 travel towards containers. Nothing on a wire is
        // rightly addressed to it: answers are turned back into it only after this hook.
        var rules = [
            "iifname != \"lo\" ip daddr 127.0.0.0/8 drop", "\(from) ip saddr != \(network.subnet) drop",
        ]
        // The gateway serves its own network and the host: its names are no one else's business.
        let elsewhere = "iifname != { \"lo\", \"\(network.bridge)\" }"
        rules.append("\(elsewhere) ip daddr \(network.gateway) drop")
        if let gateway = network.gateway6 { rules.append("\(elsewhere) ip6 daddr \(gateway) drop") }
        if let prefix = network.subnet6 {
            rules.append("\(from) ip6 saddr != { \(prefix), fe80::/10, :: } drop")
        } else {
            rules.append("\(from) meta nfproto ipv6 drop")
        }
        if !network.allowsMetadata {
            rules.append("\(from) ip daddr 169.254.169.254 drop")
            rules.append("\(from) ip6 daddr fd00:ec2::254 drop")
        }
        return rules
    }

    private static func leaving(_ network: Network) -> [String] {
        // A container has no way back to the host's 127.0.0.1, nor to a neighbour that it called through the
        // host's address: such packets come from the gateway.
        var rules = ["oifname \"\(network.bridge)\" ip saddr 127.0.0.0/8 masquerade"]
        for (family, subnet) in families(network) {
            rules.append(
                "\(family) saddr \(subnet) \(family) daddr \(subnet) ct status dnat masquerade"
            )
            if !network.isInternal {
                rules.append("\(family) saddr \(subnet) oifname != \"\(network.bridge)\" masquerade")
            }
        }
        return rules
    }

    private static func forward(_ network: Network) -> [String] {
        let bridge = "\"\(network.bridge)\""
        var rules = ["ct state established,related accept", "iifname \(bridge) oifname \(bridge) accept"]
        if network.isInternal { rules.append("iifname \(bridge) drop") }
        // From other networks and from outside only what was published comes in.
        return rules + ["oifname \(bridge) ct status dnat accept", "oifname \(bridge) drop"]
    }

    private static func input(_ network: Network) -> [String] {
        guard network.isInternal else { return [] }
        var rules = ["iifname \"\(network.bridge)\" ip daddr != \(network.gateway) drop"]
        if let gateway = network.gateway6 {
            rules.append(
                "iifname \"\(network.bridge)\" ip6 daddr != { \(gateway), fe80::/10, ff02::/16 } drop"
            )
        }
        return rules
    }

    private static func families(_ network: Network) -> [(String, AddressPrefix)] {
        [("ip", network.subnet)] + (network.subnet6.map { [("ip6", $0)] } ?? [])
    }

    private static func rule(_ host: HostPort, _ mappings: [PortMapping]) -> String {
        let family = host.address.isV4 ? "ip" : "ip6"
        var match =
            host.address.isUnspecified
            ? "meta nfproto \(host.address.isV4 ? "ipv4" : "ipv6")" : "\(family) daddr \(host.address)"
        // Gateways answer name queries themselves, whoever publishes port 53 to the world.
        if host.port == 53 && host.address.isUnspecified { match += " iifname != \"mt-*\"" }
        return "\(match) \(host.transport.rawValue) dport \(host.port) counter dnat \(family) to "
            + "\(destination(mappings)) comment \"port \(host.word)\""
    }

    private static func destination(_ mappings: [PortMapping]) -> String {
        if mappings.count == 1, let only = mappings.first {
            return only.containerIP.isV4
                ? "\(only.containerIP):\(only.containerPort)" : "[\(only.containerIP)]:\(only.containerPort)"
        }
        let elements = mappings.enumerated().map { "\($0) : \($1.containerIP) . \($1.containerPort)" }
        return "numgen inc mod \(mappings.count) map { \(elements.joined(separator: ", ")) }"
    }

    private static func sender(_ port: Attachment) -> [String] {
        var rules = [
            "ether saddr != \(port.mac) drop",
            "ether type ip ip saddr \(port.ipv4) accept",
            "ether type arp arp saddr ether \(port.mac) arp saddr ip \(port.ipv4) accept",
        ]
        if let ipv6 = port.ipv6 {
            rules.append("ether type ip6 icmpv6 type { nd-router-advert, nd-redirect } drop")
            rules.append("ether type ip6 ip6 saddr { \(ipv6), fe80::/10, :: } accept")
        }
        return rules + ["drop"]
    }
}
