// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// How the container is connected, and under which names.
    func networking(_ fields: Fields, into service: inout Service) {
        if let field = fields["network_mode"] { service.networkMode = mode(field) }
        if service.networkMode == .networks {
            service.networks = fields["networks"].map(attachments) ?? [NetworkAttachment(network: "default")]
        } else {
            for key in ["networks", "ports"] {
                fields[key]?.refuse(
                    "does not go with network_mode \(service.networkMode.rawValue)",
                    "remove one of them"
                )
            }
        }
        if let ports = fields["ports"] { service.ports = ports.items().flatMap(PortSyntax.ports) }
        service.dns = fields["dns"]?.itemsOrOne().compactMap { $0.address() } ?? []
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
                "'bridge' is the shared network of another engine",
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
        if field.tree.isNull { return [NetworkAttachment(network: "default")] }
        guard field.isMapping else {
            let names = field.items().compactMap { item in item.string().map { ($0, item) } }
            refuseRepeats(names)
            return names.map { NetworkAttachment(network: $0.0) }.sorted { $0.network < $1.network }
        }
        return field.entries().compactMap { name, field -> NetworkAttachment? in
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

    /// `[NAME:IP, NAME=IP]`, `{NAME: IP}` or `{NAME: [IP]}`.
    private func extraHosts(_ field: Field) -> [ExtraHost] {
        var lines: [(name: String, address: String, field: Field)] = []
        if field.isMapping {
            for (name, field) in field.entries() {
                for item in field.itemsOrOne() {
                    if let text = item.string() { lines.append((name, text, item)) }
                }
            }
        } else {
            for item in field.items() {
                guard let text = item.string() else { continue }
                let cut = text.firstIndex(of: "=") ?? text.firstIndex(of: ":") ?? text.endIndex
                lines.append((String(text[..<cut]), String(text[cut...].dropFirst()), item))
            }
        }
        var hosts: [String: [IPAddress]] = [:]
        for (name, text, field) in lines {
            let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
            if text == "host-gateway" {
                field.refuse("'host-gateway' is not supported yet", "write the address")
            } else if Names.domain(name) == nil {
                field.refuse("\(Characters.quoted(name)) is not a host name")
            } else if let address = IPAddress(isBracketed ? String(text.dropFirst().dropLast()) : text) {
                hosts[name, default: []].append(address)
            } else {
                field.refuse("\(Characters.quoted(text)) is not an IP address")
            }
        }
        return hosts.map { ExtraHost(name: $0, addresses: $1) }.sorted { $0.name < $1.name }
    }
}
