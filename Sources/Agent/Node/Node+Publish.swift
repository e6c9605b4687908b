// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Netlink
internal import Networks

// Where an app is found: its published ports, and its names on its networks.

extension Node {
    /// Replaces the published ports of a network by those of the instances on it now.
    func publishPorts(_ network: Networks.Network) async throws {
        let key = "\(network.app)/\(network.name)"
        // One after another, each with what is so by then.
        await takeTurn(key)
        defer { endTurn(key) }
        let present = instances(of: network.app)
        // Who was adopted and is not told yet what it is: ports lead where they did.
        guard present.allSatisfy({ $0.app != nil }) else { return }
        var mappings: [PortMapping] = []
        for instance in present {
            guard instance.isPublished, let service = instance.service,
                let first = instance.attachments.first,
                first.network.app == network.app, first.network.name == network.name
            else { continue }
            for (port, published) in zip(service.ports, instance.record.hostPorts) {
                let host = port.host(published)
                let inside = host.address.isV4 ? first.attachment.ipv4 : first.attachment.ipv6
                guard let inside else {
                    throw AgentError(
                        "publish",
                        "\(instance.record.name)",
                        "port \(published) on an IPv6 address: set enable_ipv6 on network \(network.name)"
                    )
                }
                mappings.append(
                    PortMapping(
                        hostIP: host.address,
                        hostPort: host.port,
                        containerIP: inside,
                        containerPort: port.target,
                        transport: host.transport
                    )
                )
            }
        }
        guard published[key] != Set(mappings) else { return }
        published[key] = nil  // not known while it is under way
        let networks = networks
        let all = mappings
        try await Thread.run { try networks.publish(all, on: network) }
        published[key] = Set(all)
    }

    /// Publishes the ports of everything that an app has on its networks.
    func republishPorts(_ app: String) async throws {
        var seen: Set<String> = []
        for instance in instances(of: app) {
            guard let network = instance.attachments.first?.network, seen.insert(network.name).inserted else {
                continue
            }
            try await publishPorts(network)
        }
    }

    /// Tells the name server who is where.
    func publishNames(_ app: String) {
        let tables = nameTables(of: app)
        for key in served where key.hasPrefix("\(app)/") { names.update(key, tables[key] ?? NameTable()) }
    }

    /// Who is where on an app's networks, by `app/network`.
    func nameTables(of app: String) -> [String: NameTable] {
        var entries: [String: [NameTable.Entry]] = [:]
        var links: [String: [NameTable.Link]] = [:]
        var subnets: [String: [AddressPrefix]] = [:]
        for instance in instances(of: app) {
            for (network, attachment) in instance.attachments {
                // Who starts may ask at once, and is told of when it has started.
                links["\(app)/\(network.name)", default: []] +=
                    (instance.service?.links ?? []).filter { $0.alias != $0.service }.map {
                        NameTable.Link(asker: attachment.ipv4, alias: $0.alias, service: $0.service)
                    }
                guard instance.isNamed else { continue }
                let aliases = instance.service?.networks.first { $0.network == network.name }?.aliases ?? []
                entries["\(app)/\(network.name)", default: []].append(
                    NameTable.Entry(
                        app: app,
                        service: instance.record.service,
                        container: instance.record.id,
                        aliases: aliases
                            + [instance.service?.containerName, instance.service?.hostname].compactMap { $0 },
                        addresses: [attachment.ipv4] + (attachment.ipv6.map { [$0] } ?? [])
                    )
                )
                subnets["\(app)/\(network.name)"] = [network.subnet] + (network.subnet6.map { [$0] } ?? [])
            }
        }
        return Dictionary(
            uniqueKeysWithValues: Set(entries.keys).union(links.keys).map { key in
                (key, NameTable(entries[key] ?? [], links: links[key] ?? [], subnets: subnets[key] ?? []))
            }
        )
    }
}
