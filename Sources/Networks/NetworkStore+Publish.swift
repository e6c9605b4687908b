// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Netlink
internal import Synchronization

extension NetworkStore {
    /// Replaces the published ports of a network in one transaction; connections that are open stay.
    ///
    /// A port that another network publishes, or that a process of the host listens on, is an error that
    /// names it, and nothing changes.
    public func publish(_ mappings: [PortMapping], on network: Network) throws(NetworkError) {
        try turn.withLock { (_: inout Void) throws(NetworkError) in
            let network = try current(network.label, for: "publish")
            for mapping in mappings { try validate(mapping, network) }
            let tables = try PublishedTable.all(filter)
            let own = Set(tables.filter { $0.label == network.label }.flatMap(\.ports))
            for host in Set(mappings.map(\.host)) {
                for table in tables where table.label != network.label {
                    guard let other = table.ports.first(where: { $0.collides(with: host) }) else { continue }
                    throw NetworkError(
                        "publish",
                        "\(host)",
                        "network \(table.label.app)/\(table.label.network) of \(table.label.owner) "
                            + "publishes \(other) already"
                    )
                }
                if !own.contains(host) { try host.checkFree() }
            }
            Failpoint.portsDue.reach()
            try filter.run(Ruleset.published(network, mappings), "published ports of \(network.label)")
            Failpoint.portsLoaded.reach()
            forgetDatagrams(to: own.union(mappings.map(\.host)), mappings)
        }
    }

    /// Takes back all published ports of a network.
    public func unpublish(_ network: Network) throws(NetworkError) {
        try publish([], on: network)
    }

    /// The host's ports that a network publishes now, as the kernel has them.
    public func published(_ network: Network) throws(NetworkError) -> [HostPort] {
        try turn.withLock { (_: inout Void) throws(NetworkError) -> [HostPort] in
            try PublishedTable.all(filter).first { $0.label == network.label && !$0.ports.isEmpty }?.ports
                ?? []
        }
    }

    /// All ports of the host that are published now, by agents of every owner: no socket is bound to them.
    public func publishedPorts() throws(NetworkError) -> [HostPort] {
        try turn.withLock { (_: inout Void) throws(NetworkError) -> [HostPort] in
            try PublishedTable.all(filter).flatMap(\.ports)
        }
    }

    /// Lets go of UDP flows that lead to a container which no longer has the port, or to none.
    ///
    /// A sender that never pauses would keep such a flow alive for ever. TCP connections end by themselves. A
    /// kernel without this interface keeps the flows until they have been idle for half a minute.
    private func forgetDatagrams(to hosts: Set<HostPort>, _ mappings: [PortMapping]) {
        let hosts = hosts.filter { $0.transport == .udp }
        guard !hosts.isEmpty, let socket = try? NetlinkSocket.netfilter() else { return }
        for v4 in [true, false] where hosts.contains(where: { $0.address.isV4 == v4 }) {
            for flow in (try? socket.flows(v4: v4)) ?? [] where flow.protocolNumber == 17 {
                let asked = HostPort(address: flow.destination, port: flow.destinationPort, transport: .udp)
                guard hosts.contains(where: { $0.collides(with: asked) }) else { continue }
                let stays = mappings.contains {
                    $0.host.collides(with: asked) && $0.containerIP == flow.responder
                }
                if !stays { try? socket.forget(flow) }
            }
        }
    }

    private func validate(_ mapping: PortMapping, _ network: Network) throws(NetworkError) {
        let subnet = mapping.containerIP.isV4 ? network.subnet : network.subnet6
        let cause: String?
        if network.isInternal {
            cause = "network \(network.app)/\(network.name) is internal: nothing of it can be published"
        } else if mapping.hostPort == 0 || mapping.containerPort == 0 {
            cause = "a port is a number from 1 to 65535"
        } else if mapping.hostIP.isV4 != mapping.containerIP.isV4 {
            cause = "the host's address and the container's must be of one family"
        } else if mapping.hostIP == .v6(0, 1) {
            cause = "::1 cannot be translated by the kernel: publish on 127.0.0.1, or on [::]"
        } else if subnet?.contains(mapping.containerIP) != true {
            cause = "\(mapping.containerIP) is not on network \(network.app)/\(network.name)"
        } else {
            cause = nil
        }
        if let cause { throw NetworkError("publish", "\(mapping)", cause) }
    }
}
