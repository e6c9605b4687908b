// SPDX-License-Identifier: Apache-2.0

/// Checks what spans the parts of an app: what one service wants of another, and what can be had once only.
struct CrossCheck {
    let app: App
    let fields: Fields

    func run() {
        for service in app.workloads {
            guard let field = self.field(of: service) else { continue }
            networks(service, field)
            dependencies(service, field)
        }
        for volume in app.volumes { quiesce(volume) }
        JobCheck(app: app, services: fields["services"]).run()
        ports()
        onlyOnce("socket") { service in
            service.sockets.compactMap { if case .path(let path) = $0.address { path } else { nil } }
        }
        onlyOnce("address") { service in
            service.networks.compactMap { attachment in
                attachment.ipv4Address.map { "\($0) on network \(attachment.network)" }
            }
        }
    }

    private func field(of service: Service) -> Field? {
        fields["services"]?.child(service.name)
    }

    private func quiesce(_ volume: Volume) {
        guard let name = volume.storage?.quiesce?.service,
            let field = fields["volumes"]?.child(volume.name)?.child("x-martlet")?.child("quiesce")?.child(
                "service"
            )
        else { return }
        guard let service = app.service(name) else {
            return field.refuse("there is no service \(Characters.quoted(name))", "name one of this file")
        }
        if !service.mounts.contains(where: { $0.source == .volume(volume.name) }) {
            field.refuse("\(name) does not mount \(volume.name)", "name a service that does")
        }
    }

    private func networks(_ service: Service, _ field: Field) {
        for attachment in service.networks {
            guard let address = attachment.ipv4Address, let network = app.network(attachment.network) else {
                continue
            }
            let place = field.child("networks")?.child(attachment.network)?.child("ipv4_address") ?? field
            let subnet = network.subnets.first { $0.prefix.contains(address) }
            if subnet == nil { place.refuse("\(address) is in no subnet of network \(network.name)") }
            if let subnet, subnet.gateway == address || subnet.prefix.address == address {
                place.refuse("\(address) is taken by network \(network.name) itself")
            }
            if service.replicas > 1 { place.refuse("\(service.replicas) instances cannot have one address") }
        }
    }

    private func dependencies(_ service: Service, _ field: Field) {
        let place = field.child("depends_on") ?? field
        for dependency in service.dependencies {
            guard let other = app.service(dependency.service) else { continue }
            if dependency.condition == .healthy, other.healthcheck?.test == Healthcheck.Test.none {
                place.refuse("\(other.name) has its health check disabled, so it is never healthy")
            }
            if dependency.condition == .completed,
                [.always, .unlessStopped].contains(other.restart.condition)
            {
                place.refuse(
                    "\(other.name) restarts whenever it ends, so it never completes",
                    "give it 'restart: \"no\"' or on-failure"
                )
            }
        }
    }

    private func ports() {
        var table = PortTable()
        for service in app.workloads {
            let place = field(of: service)
            for port in service.ports {
                guard let published = port.published, published.count == 1 else { continue }
                let key = PortKey(
                    number: published.lowerBound,
                    transport: port.transport,
                    address: port.hostAddress
                )
                guard let owner = table.take(key, for: service.name) else { continue }
                (place?.child("ports") ?? place)?.refuse(
                    "host port \(key.number)/\(key.transport.rawValue) is published by \(owner) already",
                    "choose another one"
                )
            }
        }
        // After all ports: what is said of a socket is said at the socket.
        for service in app.workloads {
            let place = field(of: service)?.child("x-martlet")?.child("sockets")
            for listener in service.sockets {
                guard case .port(let address, let number, let transport) = listener.address else { continue }
                // What is published without an address is so on loopback.
                let addresses = address == .loopback ? [address, nil] : [address]
                let owners = addresses.compactMap {
                    table.take(PortKey(number: number, transport: transport, address: $0), for: service.name)
                }
                guard let owner = owners.first(where: { $0 != service.name }) ?? owners.first else {
                    continue
                }
                place?.refuse(
                    "host port \(number)/\(transport.rawValue) is taken by \(owner) already",
                    "choose another one, or give it to one of them"
                )
            }
        }
    }

    private func onlyOnce(_ kind: String, _ values: (Service) -> [String]) {
        var owners: [String: String] = [:]
        for service in app.workloads {
            for value in values(service) {
                if let owner = owners[value] {
                    field(of: service)?.refuse("\(kind) \(value) belongs to \(owner) already")
                }
                owners[value] = service.name
            }
        }
    }
}

extension Field {
    /// The value under a key of a mapping.
    func child(_ key: String) -> Field? {
        guard case .mapping(let entries) = tree.content, let entry = entries.first(where: { $0.key == key })
        else {
            return nil
        }
        return Field(tree: entry.value, path: path / key, findings: findings)
    }
}
