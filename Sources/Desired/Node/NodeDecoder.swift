// SPDX-License-Identifier: Apache-2.0

/// Decodes `node.yaml`, a reader for each of its sections.
enum NodeDecoder {
    private static let maximumLabels = 100

    static func settings(_ field: Field) -> NodeSettings? {
        guard let fields = Fields(field, .nodeFile) else { return nil }
        var settings = NodeSettings()
        if let format = fields.required("format", "add 'format: \(NodeSettings.newestFormat)'") {
            settings.format = self.format(format)
        }
        if let node = section("node", fields, .node) {
            settings.name = node["name"].flatMap(name)
            settings.labels = node["labels"].map(labels) ?? [:]
        }
        if let apply = section("apply", fields, .nodeApply) {
            settings.applyMode =
                apply["mode"]?.parsed("a mode", "use auto or plan-only") { ApplyMode(rawValue: $0) }
                ?? settings.applyMode
            settings.pauseFile = apply["pause_file"]?.absolutePath()
            settings.drift =
                apply["drift"]?.parsed("what follows a drift", "use correct, report or ignore") {
                    DriftAction(rawValue: $0)
                } ?? settings.drift
        }
        if let cgroups = section("cgroups", fields, .nodeCgroups) {
            settings.cgroups.driver =
                cgroups["driver"]?.parsed("who makes control groups", "use delegated or systemd") {
                    CgroupSettings.Driver(rawValue: $0)
                } ?? settings.cgroups.driver
            settings.cgroups.registersMachines = cgroups["machines"]?.bool() ?? false
            if settings.cgroups.registersMachines, settings.cgroups.driver != .systemd {
                cgroups["machines"]?.refuse(
                    "a machine is a scope",
                    "set 'driver: systemd', or remove the key"
                )
            }
        }
        if let namespaces = section("userns", fields, .nodeUserNamespaces) {
            namespaces["range"].map { only("auto", $0) }
            settings.allowsHostIDs = namespaces["allow_host"]?.bool() ?? false
        }
        if let garbage = section("gc", fields, .nodeGarbage) {
            if let kept = garbage["keep_generations"] {
                settings.keepGenerations = kept.integer(1...100) ?? settings.keepGenerations
            }
            if let images = section("images", garbage, .nodeImageGarbage) { self.images(images, &settings) }
        }
        if let logs = section("logs", fields, .nodeLogs) {
            settings.spoolBytes = logs["spool"]?.bytes()
            if let size = settings.spoolBytes, size < ByteCount(32 << 20) {
                logs["spool"]?.refuse("must be at least 32M", "write for example 4G")
            }
        }
        if let trust = section("trust", fields, .nodeTrust) {
            settings.imageTrust = trust["images"].flatMap(TrustDecoder.images)
            settings.signers = trust["signers"].map(TrustDecoder.signers) ?? [:]
        }
        settings.api = fields["api"].map { api($0, signers: Set(settings.signers.keys)) } ?? settings.api
        if let firewall = section("firewall", fields, .nodeFirewall) {
            firewall["bind_default"].map { only("loopback", $0) }
        }
        if let update = section("update", fields, .nodeUpdate) {
            settings.agentUpdate = update["agent"].flatMap(agentUpdate)
        }
        settings.secrets = fields["secrets"].map(secrets) ?? SecretSettings()
        settings.registries = fields["registries"].map(registries) ?? []
        settings.stores = fields["stores"].map(stores) ?? [:]
        settings.stateStore = fields["stores"].flatMap(stateStore)
        settings.sinks = fields["sinks"].map { sinks($0, stores: Set(settings.stores.keys)) } ?? []
        settings.sources =
            fields["sources"].map {
                sources($0, signers: Set(settings.signers.keys), stores: Set(settings.stores.keys))
            } ?? []
        return settings
    }

    private static func images(_ fields: Fields, _ settings: inout NodeSettings) {
        if let high = fields["high"]?.integer(1...100) {
            settings.imagesHigh = high
            settings.imagesLow = min(settings.imagesLow, high)
        }
        if let field = fields["low"], let low = field.integer(1...100) {
            settings.imagesLow = low
            if low > settings.imagesHigh {
                field.refuse("is above 'high', \(settings.imagesHigh)", "make it at most that")
            }
        }
        settings.imagesMinimumAge = fields["min_age"]?.duration() ?? settings.imagesMinimumAge
    }

    /// A node's settings are the same whoever reads them: no variable is put in.
    static func refuseVariables(_ field: Field) {
        switch field.tree.content {
        case .scalar(let scalar):
            if scalar.text.utf8.contains(UInt8(ascii: "$")) {
                field.refuse("no variable is put in here", "write the value out")
            }
        case .sequence: field.items().forEach(refuseVariables)
        case .mapping: field.entries().forEach { refuseVariables($0.field) }
        }
    }

    private static func section(_ key: String, _ fields: Fields, _ words: Vocabulary) -> Fields? {
        fields[key].flatMap { Fields($0, words) }
    }

    private static func format(_ field: Field) -> Int {
        guard let format = field.integer(1...Int.max) else { return 1 }
        if format > NodeSettings.newestFormat {
            field.refuse(
                "format \(format) is newer than this agent knows",
                "update the agent, or use \(NodeSettings.newestFormat)"
            )
        }
        return format
    }

    /// A value that is the only one so far.
    private static func only(_ wanted: String, _ field: Field) {
        guard let word = field.word(), word != wanted else { return }
        field.refuse("\(Characters.quoted(word)) is not supported yet", "use '\(wanted)'")
    }

    private static func name(_ field: Field) -> String? {
        guard field.scalar?.text != "auto" else { return nil }
        return field.parsed("a node name", "use a host name, or 'auto' for the host's own", Names.host)
    }

    private static func labels(_ field: Field) -> [String: String] {
        let entries = field.entries()
        guard entries.count <= maximumLabels else {
            field.refuse("more than \(maximumLabels) labels", "remove some")
            return [:]
        }
        var labels: [String: String] = [:]
        for (key, field) in entries {
            guard Names.isLabelKey(key) else {
                field.refuse(
                    "\(Characters.quoted(key)) is not a label",
                    "use letters, digits, '.', '_', '-' and '/', at most 63 of them"
                )
                continue
            }
            guard let value = field.text() else { continue }
            if Names.isLabelValue(value) {
                labels[key] = value
            } else {
                field.refuse(
                    "\(Characters.quoted(value)) is not the value of a label",
                    "use letters, digits, '.', '_' and '-', at most 63 of them"
                )
            }
        }
        return labels
    }
}
