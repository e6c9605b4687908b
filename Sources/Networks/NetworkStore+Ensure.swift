// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink
internal import Synchronization

extension NetworkStore {
    /// Makes the network if it is not there, and repairs what is missing if it is: bridge, addresses,
    /// kernel parameters, rules.
    ///
    /// Containers and published ports stay as they are.
    ///
    /// A network that exists with another subnet or gateway than asked for is an error.
    @discardableResult
    public func ensure(_ spec: NetworkSpec) throws(NetworkError) -> Network {
        let label = try NetworkLabel(owner: owner, app: spec.app, network: spec.name)
        return try turn.withLock { (_: inout Void) throws(NetworkError) -> Network in
            let subject = "\(spec.app)/\(spec.name)"
            let found = try naming("ensure", subject) { try socket.links().first { owns($0, label) } }
            do throws(NetworkError) {
                let index = try naming("ensure", subject) { try found?.index ?? makeBridge(spec, label) }
                return try complete(spec, label, index)
            } catch {
                if found == nil { undo(label) }
                throw error
            }
        }
    }

    func owns(_ link: Link, _ label: NetworkLabel) -> Bool {
        link.kind == "bridge" && ObjectAlias(link.alias)?.label == label
    }

    private func makeBridge(_ spec: NetworkSpec, _ label: NetworkLabel) throws -> Int32 {
        let links = try socket.links()
        if let other = links.first(where: { $0.name == label.bridge }) {
            // A crash between making a bridge and labelling it leaves one that is empty and unlabelled.
            guard other.kind == "bridge", other.alias.isEmpty, !other.isUp,
                !links.contains(where: { $0.master == other.index })
            else {
                throw NetworkError(
                    "create",
                    "bridge \(label.bridge)",
                    "an interface of this name belongs to someone else (\(other.alias)): rename the network"
                )
            }
        } else {
            Failpoint.bridgeDue.reach()
            try socket.createBridge(label.bridge, mac: label.mac, mtu: spec.mtu)
            Failpoint.bridgeMade.reach()
        }
        guard let link = try socket.link(named: label.bridge) else {
            throw NetworkError("create", "bridge \(label.bridge)", "it vanished")
        }
        try socket.setAlias(link.index, alias(spec, label))
        Failpoint.bridgeLabelled.reach()
        return link.index
    }

    private func alias(_ spec: NetworkSpec, _ label: NetworkLabel) -> String {
        var words: [String: String] = [:]
        if spec.isInternal { words["internal"] = "yes" }
        if spec.allowsMetadata { words["metadata"] = "yes" }
        return ObjectAlias(label, words).description
    }

    private func complete(
        _ spec: NetworkSpec,
        _ label: NetworkLabel,
        _ index: Int32
    ) throws(NetworkError) -> Network {
        try naming("ensure", "\(spec.app)/\(spec.name)") {
            let addresses = try socket.addresses().filter { $0.link == index }.map(\.prefix)
            try parameters(spec, label.bridge)
            Failpoint.bridgeTuned.reach()
            if let existing = addresses.first(where: \.address.isV4) {
                try compare(existing, spec)
            } else {
                try socket.addAddress(try chooseSubnet(spec, label), to: index)
            }
            Failpoint.bridgeAddressed.reach()
            if spec.ipv6, let prefix = AddressPrefix.uniqueLocal(for: label), let first = prefix.host(1),
                !addresses.contains(where: { $0.address == first }),
                let address = AddressPrefix(first, length: prefix.length)
            {
                try socket.addAddress(address, to: index)
            }
            let wanted = alias(spec, label)
            if let link = try socket.link(named: label.bridge), link.alias != wanted {
                try socket.setAlias(index, wanted)
            }
            guard let network = try networks().first(where: { $0.label == label }) else {
                throw NetworkError("ensure", "\(spec.app)/\(spec.name)", "it vanished")
            }
            Failpoint.bridgeRulesDue.reach()
            // The rules are there before the first packet.
            try filter.run(Ruleset.base(network) + "\n" + Ruleset.ports(network), "rules of \(label)")
            Failpoint.bridgeRulesLoaded.reach()
            try socket.setUp(index)
            Failpoint.bridgeUp.reach()
            return network
        }
    }

    private func compare(_ existing: AddressPrefix, _ spec: NetworkSpec) throws(NetworkError) {
        let subject = "\(spec.app)/\(spec.name)"
        if let subnet = spec.subnet, subnet.network != existing.network {
            throw NetworkError(
                "ensure",
                subject,
                "it has subnet \(existing.network), not \(subnet.network): remove it first"
            )
        }
        if let gateway = spec.gateway, gateway != existing.address {
            throw NetworkError(
                "ensure",
                subject,
                "it has gateway \(existing.address), not \(gateway): remove it first"
            )
        }
    }

    /// The bridge's address within the subnet that is asked for, or within a free one.
    private func chooseSubnet(_ spec: NetworkSpec, _ label: NetworkLabel) throws -> AddressPrefix {
        let subject = "\(spec.app)/\(spec.name)"
        let taken =
            try socket.routes().filter(\.isV4).compactMap(\.destination)
            + socket.addresses().map(\.prefix).filter(\.address.isV4)
        let subnet: AddressPrefix
        if let wanted = spec.subnet {
            guard wanted.address.isV4, wanted.length <= 30 else {
                throw NetworkError("ensure", subject, "subnet \(wanted) must be IPv4 and at most a /30")
            }
            if let other = taken.first(where: { $0.overlaps(wanted.network) }) {
                throw NetworkError(
                    "ensure",
                    subject,
                    "subnet \(wanted) overlaps \(other), which this host routes already"
                )
            }
            subnet = wanted.network
        } else {
            guard let free = pool.slice(for: label, avoiding: taken) else {
                throw NetworkError("ensure", subject, "no free subnet is left in \(pool.range)")
            }
            subnet = free
        }
        guard let gateway = spec.gateway ?? subnet.host(1), subnet.contains(gateway),
            gateway != subnet.address, gateway != subnet.last,
            let prefix = AddressPrefix(gateway, length: subnet.length)
        else {
            throw NetworkError("ensure", subject, "the gateway is not a host address of \(subnet)")
        }
        return prefix
    }

    private func parameters(_ spec: NetworkSpec, _ bridge: String) throws {
        try Sysctl.write("ipv6/conf/\(bridge)/accept_ra", "0")
        try Sysctl.write("ipv6/conf/\(bridge)/accept_dad", "0")
        try Sysctl.write("ipv6/conf/\(bridge)/disable_ipv6", spec.ipv6 ? "0" : "1")
        guard !spec.isInternal else { return }
        try Sysctl.write("ipv4/ip_forward", "1")
        try Sysctl.write("ipv4/conf/\(bridge)/forwarding", "1")
        // Lets 127.0.0.1:PORT of the host lead to a container; guarded by the first rule of `Ruleset.base`.
        try Sysctl.write("ipv4/conf/\(bridge)/route_localnet", "1")
        guard spec.ipv6, try Sysctl.read("ipv6/conf/all/forwarding") != "1" else { return }
        // A forwarding host ignores router advertisements unless told otherwise (2): it must not lose its
        // own uplink by our doing.
        for link in try socket.links() where try Sysctl.read("ipv6/conf/\(link.name)/accept_ra") == "1" {
            try Sysctl.write("ipv6/conf/\(link.name)/accept_ra", "2")
        }
        try Sysctl.write("ipv6/conf/all/forwarding", "1")
    }

    /// Takes back a network that could not be finished; the first error is the one to report.
    private func undo(_ label: NetworkLabel) {
        if let link = try? socket.link(named: label.bridge), owns(link, label) {
            try? socket.deleteLink(link.index)
        }
        _ = try? filter.run(Ruleset.removal(label.table), "rules of \(label)")
    }
}
