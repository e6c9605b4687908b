// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// How it looks up names, and by which it finds others.
    func names(_ fields: Fields, into service: inout Service) {
        service.domainName = fields["domainname"]?.parsed("a domain name") { text in
            text.utf8.count <= 64 ? Names.domain(text) : nil
        }
        service.searchDomains =
            fields["dns_search"]?.items().compactMap { item in
                // A single dot is the root: nothing is searched.
                item.parsed("a domain name") { $0 == "." ? $0 : Names.domain($0) }
            } ?? []
        service.resolverOptions =
            fields["dns_opt"]?.items().compactMap { item in
                item.parsed("an option", "see resolv.conf(5), for example ndots:1") { text in
                    text.utf8.count <= 64 && Characters.isName(text, and: "-_:.") ? text : nil
                }
            } ?? []
        service.links = fields["links"]?.items().compactMap(link) ?? []
        var aliases: [String: String] = [:]
        for link in service.links {
            if let other = aliases.updateValue(link.service, forKey: link.alias.lowercased()),
                other != link.service
            {
                fields["links"]?.refuse("\(link.alias) is \(other) already", "choose another alias")
            }
        }
        if service.networkMode != .networks {
            for link in service.links where link.alias != link.service {
                fields["links"]?.refuse(
                    "an alias does not go with network_mode \(service.networkMode.rawValue)",
                    "use 'extra_hosts'"
                )
            }
        }
        // Every port of a container can be reached on its networks, so this says only what is so.
        _ = fields["expose"]?.items()
    }

    /// `SERVICE[:ALIAS]`.
    private func link(_ field: Field) -> Link? {
        guard let text = field.string() else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        let alias = parts.count == 2 ? parts[1] : parts[0]
        guard Names.service(parts[0]) != nil, parts.count == 1 || Names.domain(alias) != nil else {
            field.refuse("\(Characters.quoted(text)) is not a link", "write SERVICE or SERVICE:NAME")
            return nil
        }
        return Link(service: parts[0], alias: alias)
    }
}
