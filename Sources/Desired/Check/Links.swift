// SPDX-License-Identifier: Apache-2.0

/// Checks that services can be reached over their links (05-services.md, "links").
///
/// That a service waits for those that it links to has been put in before.
struct Links {
    let fields: Fields

    /// Reports every link without a network that both services are on.
    func check(_ app: App) {
        for service in app.workloads {
            let own = Set(service.networks.map(\.network))
            let field = fields["services"]?.child(service.name)?.child("links")
            for link in service.links {
                guard let other = app.service(link.service),
                    !other.networks.contains(where: { own.contains($0.network) })
                else { continue }
                field?.refuse("there is no network in common with \(other.name)", "put both on one")
            }
        }
    }
}
