// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// How the container is connected, and under which names.
    func networking(_ fields: Fields, into service: inout Service) {
        if let field = fields["network_mode"] { service.networkMode = mode(field) }
        if service.networkMode == .networks {
            service.networks = fields["networks"].map(attachments) ?? []
        } else {
            fields["ports"]?.refuse(
                "does not go with network_mode \(service.networkMode.rawValue)",
                "remove one of them"
            )
        }
        if let ports = fields["ports"] { service.ports = ports.items().compactMap(port) }
        service.dns = fields["dns"]?.items().compactMap { $0.address() } ?? []
        service.extraHosts = fields["extra_hosts"].map(extraHosts) ?? []
        for (key, value, field) in fields["sysctls"]?.pairs() ?? [] {
            let isHost = service.networkMode == .host
            if let offence = Sysctl.offence(key, value ?? "", sharesHostNetwork: isHost) {
                field.refuse(offence, "remove it")
            } else {
                service.sysctls[key] = value
            }
        }
    }

    private func mode(_ field: Field) -> NetworkMode {
        guard let text = field.string() else { return .networks }
        switch text {
        case "host": return .host
        case "none": return .none
        case "bridge":
            field.refuse(
                "'bridge', a network that all apps share, is not supported yet",
                "remove the key, or use 'networks'"
            )
        default:
            let isKnown = text.hasPrefix("service:") || text.hasPrefix("container:")
            if isKnown {
                field.refuse("\(Characters.quoted(text)) is not supported yet", "use 'networks'")
            } else {
                field.refuse(
                    "\(Characters.quoted(text)) is not a network mode",
                    "use 'host', 'none' or 'networks'"
                )
            }
        }
        return .networks
    }

    private func attachments(_ field: Field) -> [NetworkAttachment] {
        field.entries().compactMap { name, field -> NetworkAttachment? in
            var attachment = NetworkAttachment(network: name)
            guard !field.tree.isNull else { return attachment }
            guard let fields = Fields(field, .attachment) else { return nil }
            attachment.aliases =
                fields["aliases"]?.items().compactMap { $0.parsed("a host name", Names.domain) } ?? []
            if let address = fields["ipv4_address"], let parsed = address.address() {
                if parsed.isIPv6 { address.refuse("\(parsed) is not of IP version 4") }
                attachment.ipv4Address = parsed
            }
            return attachment
        }.sorted { $0.network < $1.network }
    }

    private func port(_ field: Field) -> Port? {
        guard let fields = Fields(field, .port), let target = fields["target"]?.integer(1...UInt16.max) else {
            return nil
        }
        var port = Port(target: target)
        port.published = fields["published"]?.parsed("a port or a range of ports", ShortPort.range)
        // Any port that is free, as without the key.
        if port.published == 0...0 { port.published = nil }
        port.hostAddress = fields["host_ip"]?.address()
        if let field = fields["protocol"], let text = field.string() {
            if let transport = Transport(rawValue: text) {
                port.transport = transport
            } else {
                field.refuse("\(Characters.quoted(text)) is not supported yet", "use 'tcp' or 'udp'")
            }
        }
        return port
    }

    private func extraHosts(_ field: Field) -> [ExtraHost] {
        var hosts: [String: [IPAddress]] = [:]
        for item in field.items() {
            guard let text = item.string(), let cut = text.firstIndex(of: "=") else { continue }
            let address = String(text[cut...].dropFirst())
            if address == "host-gateway" {
                item.refuse("'host-gateway' is not supported yet", "write the address")
            } else if let address = IPAddress(address) {
                hosts[String(text[..<cut]), default: []].append(address)
            }
        }
        return hosts.map { ExtraHost(name: $0, addresses: $1) }.sorted { $0.name < $1.name }
    }
}
