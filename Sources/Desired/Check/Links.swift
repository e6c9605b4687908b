// SPDX-License-Identifier: Apache-2.0

/// Gives services the names under which others link to them (05-services.md, "links").
///
/// That a service waits for those that it links to has been put in before.
struct Links {
    let fields: Fields

    /// Puts in an alias for every link that has one, on each network that both services are on.
    func connect(_ app: inout App) {
        for service in app.services {
            let field = fields["services"]?.child(service.name)?.child("links")
            for item in field.map({ $0.items() }) ?? [] { connect(service, item, &app) }
        }
    }

    private func connect(_ service: Service, _ item: Field, _ app: inout App) {
        guard let text = item.string() else { return }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let alias = parts.last, parts.count == 1 || Names.domain(alias) != nil else {
            item.refuse("\(Characters.quoted(text)) is not a link", "write SERVICE or SERVICE:ALIAS")
            return
        }
        guard let index = app.services.firstIndex(where: { $0.name == parts[0] }) else { return }
        let own = Set(service.networks.map(\.network))
        let common = app.services[index].networks.indices.filter {
            own.contains(app.services[index].networks[$0].network)
        }
        if common.isEmpty {
            item.refuse("there is no network in common with \(parts[0])", "put both on one")
        }
        for place in common where alias != parts[0] {
            let network = app.services[index].networks[place].network
            if let other = owner(of: alias, on: network, besides: parts[0], app) {
                item.refuse("\(alias) is \(other) on network \(network) already", "choose another alias")
            } else if !app.services[index].networks[place].aliases.contains(alias) {
                app.services[index].networks[place].aliases.append(alias)
            }
        }
    }

    private func owner(of name: String, on network: String, besides service: String, _ app: App) -> String? {
        app.services.first { other in
            other.name != service
                && other.networks.contains {
                    $0.network == network && (other.name == name || $0.aliases.contains(name))
                }
        }?.name
    }
}
