// SPDX-License-Identifier: Apache-2.0
internal import Calendar

/// Decodes the top level, then checks what no part can see alone.
struct AppDecoder {
    /// So many services, and so many networks.
    static let maximum = 500

    let findings: Findings

    func app(_ field: Field) -> App? {
        guard let fields = Fields(field, .app) else { return nil }
        var app = App(name: "")
        if let name = fields.required("name", "add for example 'name: clickme'") {
            app.name = name.appName() ?? ""
        }
        // 04-version-and-name.md: `version` is informative only.
        var claims = Claims()
        var jobs: [Job] = []
        var windows: [Window] = []
        if let own = fields["x-martlet"].flatMap({ Fields($0, .appExtension) }) {
            if let format = own["format"] { app.format = self.format(format) }
            if let rollout = own["rollout"] { app.rollout = RolloutDecoder().rollout(rollout) }
            claims = self.claims(own)
            windows = own["window"].map { RolloutDecoder().windows($0) } ?? []
        }
        if let networks = fields["networks"] {
            let named = named(networks, Names.resource)
            guard isFew(named.count, "networks", field) else { return nil }
            app.networks = named.compactMap { network($0, $1, in: app.name) }
        }
        app.volumes =
            fields["volumes"].map { named($0, Names.resource).compactMap { volume($0, $1, in: app.name) } }
            ?? []
        app.configs = fields["configs"].map { named($0, Names.resource).compactMap(config) } ?? []
        app.secrets = fields["secrets"].map { named($0, Names.resource).compactMap(secret) } ?? []
        if let services = fields.required("services", "add at least one service") {
            let services = named(services, Names.service)
            if services.isEmpty { field.refuse("there is no service", "add at least one") }
            guard isFew(services.count, "services", field) else { return nil }
            app.services = services.filter { $1.child(JobSet.marker) == nil }
                .compactMap { ServiceDecoder(name: $0).service($1) }
            jobs = services.filter { $1.child(JobSet.marker) != nil }
                .compactMap { JobDecoder(name: $0).job($1) }
        }
        let hooks = PreStart.jobs(of: &app.services)
        let names = Set(app.services.map(\.name) + jobs.map(\.name))
        for hook in hooks where names.contains(hook.name) {
            field.refuse("\(Characters.quoted(hook.name)) is the name of a hook", "choose another one")
        }
        jobs += hooks
        app = App(
            name: app.name,
            format: app.format,
            rollout: app.rollout,
            services: app.services,
            networks: app.networks,
            volumes: app.volumes,
            configs: app.configs,
            secrets: app.secrets
        )
        app.claims = claims
        app.windows = windows
        app.jobs = jobs.sorted { $0.name < $1.name }
        Links(fields: fields).check(app)
        CrossCheck(app: app, fields: fields).run()
        return app
    }

    private func isFew(_ count: Int, _ what: String, _ field: Field) -> Bool {
        if count > AppDecoder.maximum {
            field.refuse("more than \(AppDecoder.maximum) \(what) in one app", "split it")
        }
        return count <= AppDecoder.maximum
    }

    private func format(_ field: Field) -> Int {
        guard let format = field.integer(1...Int.max) else { return 1 }
        if format > App.newestFormat {
            field.refuse(
                "format \(format) is newer than this agent knows",
                "update the agent, or use \(App.newestFormat)"
            )
        }
        return format
    }

    /// The entries of a mapping from names to definitions.
    private func named(_ field: Field, _ check: (String) -> String?) -> [(String, Field)] {
        field.entries().filter { key, field in
            if key.hasPrefix("x-") { return false }
            guard check(key) == nil else { return true }
            field.refuse(
                "\(Characters.quoted(key)) is not a name",
                "use letters, digits, '.', '_' and '-', at most 63 of them"
            )
            return false
        }
    }

    private func volume(_ name: String, _ field: Field, in app: String) -> Volume? {
        guard let fields = Fields(field, .volume) else { return nil }
        refuseOwnName(fields, name, in: app)
        return Volume(
            name: name,
            labels: fields["labels"]?.labels() ?? [:],
            storage: fields["x-martlet"].flatMap { VolumeDecoder().storage($0) }
        )
    }

    /// The name that every resource has unless it says otherwise is the only one that is honoured yet.
    private func refuseOwnName(_ fields: Fields, _ name: String, in app: String) {
        guard let field = fields["name"], let text = field.string(), text != "\(app)_\(name)" else { return }
        field.refuse("a name of its own is not supported yet", "remove the key")
    }

    private func network(_ name: String, _ field: Field, in app: String) -> Network? {
        var network = Network(name: name)
        guard let fields = Fields(field, .network) else { return nil }
        refuseOwnName(fields, name, in: app)
        if let driver = fields["driver"], let name = driver.string(), name != "bridge" {
            driver.refuse("driver \(Characters.quoted(name)) is not supported yet", "use 'bridge'")
        }
        network.labels = fields["labels"]?.labels() ?? [:]
        for (_, option) in fields["driver_opts"]?.entries() ?? [] {
            option.refuse("an option of a driver is not supported yet", "remove the key")
        }
        fields["enable_ipv4"]?.supportOnly("true")
        network.isInternal = fields["internal"]?.bool() ?? false
        network.hasIPv6 = fields["enable_ipv6"]?.bool() ?? false
        if let ipam = fields["ipam"], let ipam = Fields(ipam, .ipam) {
            ipam["driver"]?.supportOnly("default")
            if let config = ipam["config"] { network.subnets = subnets(config, hasIPv6: network.hasIPv6) }
        }
        return network
    }

    private func subnets(_ list: Field, hasIPv6: Bool) -> [Subnet] {
        var subnets: [Subnet] = []
        for item in list.items() {
            guard let fields = Fields(item, .subnet),
                let field = fields.required("subnet", "add for example 'subnet: 10.77.1.0/24'"),
                let prefix = field.parsed(
                    "a subnet",
                    "write for example 10.77.1.0/24, without bits of a host",
                    { IPPrefix($0) }
                )
            else { continue }
            if prefix.address.isIPv6, !hasIPv6 {
                field.refuse("a subnet of IP version 6 on a network without it", "add 'enable_ipv6: true'")
            }
            if prefix.length > (prefix.address.isIPv6 ? 126 : 30) {
                field.refuse("the subnet has no room for a container")
            }
            if let other = subnets.first(where: { $0.prefix.overlaps(prefix) }) {
                field.refuse("overlaps with \(other.prefix)")
            }
            let gateway = fields["gateway"]?.address()
            if let gateway, !prefix.contains(gateway) || gateway == prefix.address {
                fields["gateway"]?.refuse("\(gateway) is not an address of a host in \(prefix)")
            }
            subnets.append(Subnet(prefix: prefix, gateway: gateway))
        }
        return subnets
    }
}
