// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Netlink
internal import Synchronization

extension NetworkStore {
    /// Gives a container a place on a network: an interface inside its namespace with address and routes.
    ///
    /// - Parameters:
    ///   - network: The network, as `ensure` or `list` returned it.
    ///   - namespace: A descriptor of the container's network namespace, borrowed for the call.
    ///   - instance: The caller's name for the container, found again in `list`.
    ///   - interface: The interface's name inside the container.
    ///   - address: A static IPv4 address; nil takes the lowest free one, of those that were not given up by an
    ///     end of the container alone while higher ones are free.
    ///   - former: The address that the container had before, which it gets again if it is free still.
    ///   - defaultRoute: Whether the gateway becomes the default route; never on an internal network.
    /// - Returns: What the container has got.
    /// - Throws: `NetworkError`; then nothing of the attempt is left on the host.
    public func attach(
        _ network: Network,
        namespace: Int32,
        instance: String,
        interface: String = "eth0",
        address: IPAddress? = nil,
        former: IPAddress? = nil,
        defaultRoute: Bool = true
    ) throws(NetworkError) -> Attachment {
        let subject = "\(instance) to \(network.app)/\(network.name)"
        guard NetworkLabel.isWord(instance), instance.utf8.count <= 64 else {
            throw NetworkError("attach", subject, "the name may have 64 letters, digits, '_', '-' and '.'")
        }
        guard NetworkLabel.isWord(interface), interface.utf8.count <= 15, interface != ".", interface != ".."
        else { throw NetworkError("attach", subject, "'\(interface)' is not an interface name") }
        return try turn.withLock { (_: inout Void) throws(NetworkError) -> Attachment in
            let network = try current(network.label, for: "attach")
            let ipv4 = try choose(address, former, on: network, subject)
            guard case .v4(let number) = ipv4, case .v4(let base) = network.subnet.address else {
                throw NetworkError("attach", subject, "\(ipv4) is not an IPv4 address")
            }
            let ipv6 = network.subnet6?.host(number &- base)
            let peer = VethPeer(name: interface, namespace: namespace, mac: MACAddress(for: number))
            let text = Attachment.alias(
                network.label,
                instance: instance,
                interface: interface,
                ipv4: ipv4,
                ipv6: ipv6,
                mac: peer.mac
            )
            let port = network.label.port(for: number)
            return try naming("attach", subject) {
                Failpoint.vethDue.reach()
                try socket.createVeth(port, master: nil, mtu: network.mtu, peer: peer)
                Failpoint.vethMade.reach()
                do {
                    let attachment = try label(port, text, network)
                    let space = NetworkNamespace(try Descriptor.borrowing(namespace))
                    let way = defaultRoute && !network.isInternal
                    try space.run { try configure(attachment, network, defaultRoute: way) }
                    Failpoint.vethConfigured.reach()
                    return attachment
                } catch {
                    if let link = try? socket.link(named: port) { try? socket.deleteLink(link.index) }
                    try? refresh(network.label)
                    throw error
                }
            }
        }
    }

    /// Takes a container off its network; one that is gone already, with its namespace, is no error.
    public func detach(_ attachment: Attachment, from network: Network) throws(NetworkError) {
        try turn.withLock { (_: inout Void) throws(NetworkError) in
            try naming("detach", "\(attachment.instance) from \(network.app)/\(network.name)") {
                Failpoint.vethDeleteDue.reach()
                if let link = try socket.link(named: attachment.hostInterface) {
                    // Somebody else may have got the address since.
                    guard let own = Attachment(port: link, of: network.label),
                        own.instance == attachment.instance, own.ipv4 == attachment.ipv4
                    else { return }
                    try socket.deleteLink(link.index)
                }
                if case .v4(let number) = attachment.ipv4, case .v4(let base) = network.subnet.address {
                    lowestFree.withLock { $0[network.label] = min($0[network.label] ?? 1, number &- base) }
                }
                Failpoint.vethRulesDue.reach()
                guard try find(network.label) != nil else { return }
                do throws(NetworkError) {
                    try filter.run(
                        Ruleset.removal(of: attachment, network.label),
                        "rules of \(attachment.hostInterface)"
                    )
                } catch {
                    // Someone flushed the rules: make them all again.
                    try refresh(network.label)
                }
            }
        }
    }

    /// Loads the sender rules of the containers that are there now.
    private func refresh(_ label: NetworkLabel) throws(NetworkError) {
        guard let network = try networks().first(where: { $0.label == label }) else { return }
        try filter.run(Ruleset.ports(network), "rules of \(label)")
    }

    private func choose(
        _ wanted: IPAddress?,
        _ former: IPAddress?,
        on network: Network,
        _ subject: String
    ) throws(NetworkError) -> IPAddress {
        guard let wanted else {
            if let former, network.isForContainers(former), try port(of: former, on: network) == nil {
                return former
            }
            guard let free = try freeAddress(on: network) else {
                throw NetworkError("attach", subject, "no free address is left in \(network.subnet)")
            }
            return free
        }
        guard network.isForContainers(wanted) else {
            throw NetworkError(
                "attach",
                subject,
                "address \(wanted) is not free for a container of \(network.subnet)"
            )
        }
        if let port = try port(of: wanted, on: network) {
            let other = Attachment(port: port, of: network.label)?.instance ?? "interface \(port.name)"
            throw NetworkError("attach", subject, "address \(wanted) is in use by \(other)")
        }
        return wanted
    }

    /// An address is taken as long as its port is there: one question to the kernel for each that is looked at.
    private func freeAddress(on network: Network) throws(NetworkError) -> IPAddress? {
        let known = lowestFree.withLock { $0[network.label] ?? 1 }
        for first in Set([known, 1]).sorted(by: >) {
            var failure: NetworkError?
            let free = network.subnet.freeHost(from: first, gateway: network.gateway) { candidate in
                do throws(NetworkError) { return try port(of: candidate, on: network) != nil } catch {
                    failure = error
                    return false
                }
            }
            if let failure { throw failure }
            guard case .v4(let number)? = free, case .v4(let base) = network.subnet.address else { continue }
            lowestFree.withLock { $0[network.label] = number &- base }
            return free
        }
        return nil
    }

    private func port(of address: IPAddress, on network: Network) throws(NetworkError) -> Link? {
        guard case .v4(let number) = address else { return nil }
        let name = network.label.port(for: number)
        return try naming("find", name) { try socket.link(named: name) }
    }

    /// Labels the host's end, allows its container to send, and sets it up.
    private func label(_ port: String, _ text: String, _ network: Network) throws -> Attachment {
        guard let link = try socket.link(named: port) else {
            throw NetworkError("attach", port, "the interface vanished: did the container end?")
        }
        try Sysctl.write("ipv6/conf/\(port)/disable_ipv6", "1")
        try socket.setAlias(link.index, text)
        Failpoint.vethLabelled.reach()
        guard let labelled = try socket.link(named: port),
            let attachment = Attachment(port: labelled, of: network.label)
        else { throw NetworkError("attach", port, "the interface vanished: did the container end?") }
        // It joins the bridge only when the rules know it, so it never speaks unchecked.
        do throws(NetworkError) {
            try filter.run(Ruleset.port(network.label, attachment), "rules of \(port)")
        } catch {
            // Someone flushed the rules: make them all again.
            try refresh(network.label)
        }
        Failpoint.vethRulesLoaded.reach()
        try socket.setMaster(link.index, network.index)
        Failpoint.vethEnslaved.reach()
        try socket.setHairpin(link.index)
        Failpoint.vethHairpinned.reach()
        try socket.setUp(link.index)
        return attachment
    }
}

/// Sets up the container's end; runs inside the container's namespace.
private func configure(_ attachment: Attachment, _ network: Network, defaultRoute: Bool) throws {
    let socket = try NetlinkSocket()
    let links = try socket.links()
    guard let link = links.first(where: { $0.name == attachment.interface }) else {
        throw NetworkError("attach", attachment.interface, "the interface vanished")
    }
    if let loopback = links.first(where: { $0.name == "lo" }), !loopback.isUp {
        try socket.setUp(loopback.index)
    }
    let parameters = "ipv6/conf/\(attachment.interface)"
    // A neighbour could make itself the router of this container (CVE-2020-13401).
    try Sysctl.write("\(parameters)/accept_ra", "0")
    try Sysctl.write("\(parameters)/accept_dad", "0")
    try Sysctl.write("\(parameters)/disable_ipv6", attachment.ipv6 == nil ? "1" : "0")
    if let prefix = AddressPrefix(attachment.ipv4, length: network.subnet.length) {
        try socket.addAddress(prefix, to: link.index)
    }
    if let ipv6 = attachment.ipv6, let prefix = AddressPrefix(ipv6, length: 64) {
        try socket.addAddress(prefix, to: link.index)
    }
    try socket.setUp(link.index)
    Failpoint.interfaceUp.reach()
    guard defaultRoute else { return }
    try socket.addDefaultRoute(via: network.gateway, on: link.index)
    Failpoint.interfaceRouted.reach()
    if attachment.ipv6 != nil, let gateway = network.gateway6 {
        try socket.addDefaultRoute(via: gateway, on: link.index)
    }
}

extension Network {
    /// Whether a container may have an address, if no other has it.
    fileprivate func isForContainers(_ address: IPAddress) -> Bool {
        address.isV4 && subnet.contains(address) && address != subnet.address && address != subnet.last
            && address != gateway
    }
}

extension Descriptor {
    /// A second descriptor of a file whose first one stays the caller's.
    fileprivate static func borrowing(_ number: Int32) throws(LinuxError) -> Descriptor {
        Descriptor(owning: try check("fcntl", "F_DUPFD_CLOEXEC", fcntl(number, F_DUPFD_CLOEXEC, 3)))
    }
}
