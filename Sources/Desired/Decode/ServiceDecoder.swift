// SPDX-License-Identifier: Apache-2.0

/// Decodes one service; its topics are in the extensions.
struct ServiceDecoder {
    let name: String

    func service(_ field: Field) -> Service? {
        guard let fields = Fields(field, .service) else { return nil }
        var service = Service(name: name, image: "")
        let own = fields["x-martlet"].flatMap { Fields($0, .serviceExtension) }
        if let own {
            service.userNamespace =
                own["userns"]?.parsed("a user namespace", "use 'auto' or 'host'") {
                    UserNamespace(rawValue: $0)
                } ?? .auto
            service.runsSystemd = own["systemd"]?.bool() ?? false
            service.windows = own["window"].map { RolloutDecoder().windows($0) }
            service.lock = own["lock"]?.absolutePath()
            service.probes = own["probes"].flatMap { ProbeDecoder().probes($0) }
            service.flap = own["flap"].map { ProbeDecoder().flap($0) } ?? FlapLimit()
            service.logs = own["logs"].map { LogDecoder().logs($0) } ?? LogSettings()
            service.notification = own["notify"].flatMap(notification)
            service.sockets = own["sockets"].map(sockets) ?? []
            service.drain = own["drain"].flatMap { RolloutDecoder().drain($0) }
        }
        image(fields, own, into: &service)
        service.snapshot = own?["snapshot"]?.parsed(
            "the name of a snapshot",
            "use letters, digits, '.', '_' and '-'"
        ) { $0.utf8.count <= 100 && Characters.isName($0, and: "._-") ? $0 : nil }
        // Empty is what a variable without a value leaves; whether it is the node's, the node knows.
        service.platform = fields["platform"]?.string().flatMap { $0.isEmpty ? nil : $0 }
        service.isAttached = fields["attach"]?.bool() ?? true
        process(fields, into: &service)
        rights(fields, into: &service)
        networking(fields, into: &service)
        names(fields, into: &service)
        storage(fields, into: &service)
        files(fields, into: &service)
        if let reactions = own?["on_change"] { onChange(reactions, of: field.path, into: &service) }
        resources(fields, own, into: &service)
        lifecycle(fields, into: &service)
        hooks(fields, into: &service)
        return service
    }

    /// Reports items of a list that repeat an earlier one.
    func refuseRepeats<Value: Hashable>(_ items: [(Value, Field)]) {
        var seen: Set<Value> = []
        for (value, field) in items where !seen.insert(value).inserted {
            field.refuse("is given twice", "keep one of them")
        }
    }
}
