// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux
internal import Netlink
internal import Networks

extension Node {
    func makeNetwork(_ name: String, of app: App) async throws {
        guard let wanted = app.network(name) else {
            throw AgentError("create", "network \(name)", "it is not in the file")
        }
        let first = wanted.subnets.first { !$0.prefix.address.isIPv6 }
        let spec = NetworkSpec(
            app: app.name,
            name: name,
            subnet: first.flatMap { AddressPrefix($0.prefix.description) },
            gateway: first?.gateway.flatMap { Netlink.IPAddress($0.description) },
            ipv6: wanted.hasIPv6,
            isInternal: wanted.isInternal
        )
        let networks = networks, folders = folders
        let network = try await Thread.run {
            Failpoint.networkDue.reach()
            return try networks.ensure(spec)
        }
        Failpoint.networkMade.reach()
        try await serveNames(network)
        Failpoint.networkServed.reach()
        // Last: one that is without was not made whole, and is made anew.
        try await Thread.run { try folders.setDefinition(wanted.definition, of: name, app: app.name) }
        Failpoint.networkDefined.reach()
    }

    func removeNetwork(_ name: String, of app: String) async throws {
        let key = "\(app)/\(name)"
        names.remove(key)
        served.remove(key)
        published[key] = nil
        Failpoint.networkUnnamed.reach()
        for suffix in ["udp", "tcp"] { try await ask { try await $0.unpark("dns.\(key).\(suffix)") } }
        let networks = networks, folders = folders
        try await Thread.run {
            Failpoint.networkUnparked.reach()
            try folders.setDefinition(nil, of: name, app: app)
            Failpoint.networkUndefined.reach()
            for network in try networks.list() where network.app == app && network.name == name {
                try networks.remove(network)
                Failpoint.networkRemoved.reach()
            }
        }
    }

    /// Serves names on a network's gateway, on sockets that are parked with the keeper: what is asked while
    /// the agent restarts waits in them.
    func serveNames(_ network: Networks.Network) async throws {
        let key = "\(network.app)/\(network.name)"
        guard served.insert(key).inserted else { return }
        let sockets: NameSockets
        if let parked = try await parkedSockets(key) {
            sockets = parked
        } else {
            // One alone is of an agent that was killed between the two, and has the port.
            for suffix in ["udp", "tcp"] { try await ask { try await $0.unpark("dns.\(key).\(suffix)") } }
            let gateway = network.gateway
            sockets = try await Thread.run { try Self.nameSockets(gateway) }
            Failpoint.nameSocketsMade.reach()
            let made = sockets
            try await ask { try await $0.park("dns.\(key).udp", made.udp) }
            Failpoint.nameSocketParked.reach()
            try await ask { try await $0.park("dns.\(key).tcp", made.tcp) }
            Failpoint.nameSocketsParked.reach()
        }
        // A query may wait in the sockets: it must find whom it asks for.
        let table = nameTables(of: network.app)[key] ?? NameTable()
        names.serve(key, sockets: sockets, forwards: !network.isInternal, table: table)
    }

    /// New sockets on a gateway; blocks.
    ///
    /// Who stores descriptors for the keeper lets go of earlier ones a moment later than the keeper.
    private static func nameSockets(_ gateway: Netlink.IPAddress) throws -> NameSockets {
        var attempts = 0
        while true {
            do throws(LinuxError) { return try NameServer.makeSockets(address: gateway) } catch {
                attempts += 1
                guard error.errno == EADDRINUSE, attempts < 100 else { throw error }
            }
            usleep(10_000)
        }
    }

    /// The sockets that an agent before us left for a network; nil if they are not both there.
    private func parkedSockets(_ key: String) async throws -> NameSockets? {
        let udp = try await ask { try await $0.take("dns.\(key).udp") }
        let tcp = try await ask { try await $0.take("dns.\(key).tcp") }
        guard let udp, let tcp else { return nil }
        return NameSockets(udp: udp, tcp: tcp)
    }

    /// The networks of a service in the file's order, the first one with the default route.
    func joinedNetworks(_ service: Service, _ app: App) async throws -> [Networks.Network] {
        guard service.networkMode == .networks else { return [] }
        let networks = networks
        return try await Thread.run {
            try service.networks.map { wanted in
                guard let found = try networks.find(wanted.network, of: app.name) else {
                    throw AgentError(
                        "connect",
                        "\(app.name)/\(service.name)",
                        "network \(wanted.network) is missing"
                    )
                }
                return found
            }
        }
    }

    /// Wires a prepared container: loopback, one interface a network, published ports.
    func connect(_ id: String, _ service: Service, _ app: App, namespace: Descriptor) async throws {
        let joined = try await joinedNetworks(service, app)
        let networks = networks
        let record = instances[id]?.record
        if joined.isEmpty {
            // In a fresh namespace loopback is the one interface, and down.
            try await Thread.run { try NetworkNamespace(namespace).run { try NetlinkSocket().setUp(1) } }
        }
        for (position, network) in joined.enumerated() {
            let wanted = service.networks[position].ipv4Address.map(\.description)
            let former = record?.addresses[network.name]
            let attachment = try await Thread.run {
                try networks.attach(
                    network,
                    namespace: namespace.number,
                    instance: id,
                    interface: "eth\(position)",
                    address: wanted.flatMap { Netlink.IPAddress($0) },
                    former: former.flatMap { Netlink.IPAddress($0) },
                    defaultRoute: position == 0
                )
            }
            Failpoint.attachDone.reach()
            instances[id]?.attachments.append((network, attachment))
            instances[id]?.record.addresses[network.name] = "\(attachment.ipv4)"
        }
        if record?.hostPorts.isEmpty == true, !joined.isEmpty, !service.ports.isEmpty {
            let published = try await Thread.run { try networks.publishedPorts() }
            // From here to the record nobody else chooses.
            let promised = instances.values.flatMap { other in
                zip(other.service?.ports ?? [], other.record.hostPorts).map { $0.host($1) }
            }
            instances[id]?.record.hostPorts = try HostPortChoice.ports(
                for: service.ports,
                beside: published + promised
            )
        }
        Failpoint.addressDue.reach()
        try instances[id]?.record.save(in: folders.records)
        Failpoint.addressSaved.reach()
        if let first = joined.first { try await publishPorts(first) }
        Failpoint.portsPublished.reach()
    }

    /// Lets go of a container's interfaces; the kernel removes them with its namespace, this only hurries.
    func disconnect(_ id: String) async throws {
        guard let attachments = instances[id]?.attachments, !attachments.isEmpty else { return }
        instances[id]?.attachments = []
        let networks = networks
        try await Thread.run {
            for (network, attachment) in attachments { try networks.detach(attachment, from: network) }
        }
        if let first = attachments.first?.network { try await publishPorts(first) }
        if let app = instances[id]?.record.app { publishNames(app) }
    }
}
