// SPDX-License-Identifier: Apache-2.0

/// Decodes `volumes.NAME.x-martlet`.
struct VolumeDecoder {
    private static let commits = Duration.seconds(1)...(.seconds(86_400))
    private static let leases = Duration.seconds(3)...(.seconds(3_600))
    private static let mostArguments = 1_000
    private static let mostVersions = 10_000

    /// Whether the store is one of the node's, the node knows.
    func storage(_ field: Field) -> VolumeStorage? {
        guard let fields = Fields(field, .volumeExtension),
            let store = fields.required("store", "name a store of node.yaml")?.parsed(
                "the name of a store",
                "use letters, digits, '_', '.' and '-'",
                { $0.utf8.count <= 64 && Characters.isName($0, and: "_.-") ? $0 : nil }
            )
        else { return nil }
        var storage = VolumeStorage(store: store)
        fields["mode"]?.supportOnly("snapshot")
        storage.restore =
            fields["restore"]?.parsed("how files come back", "use eager or lazy") { .init(rawValue: $0) }
            ?? storage.restore
        storage.commit = time(fields["commit"], Self.commits) ?? storage.commit
        if let lease = fields["lease"], let lease = Fields(lease, .lease) {
            storage.lease = time(lease["ttl"], Self.leases) ?? storage.lease
        }
        storage.quiesce = fields["quiesce"].flatMap(quiesce)
        storage.maximumDirty = fields["max_dirty"].flatMap(size)
        if let field = fields["retain"] {
            storage.retain = field.scalar?.text == "all" ? nil : retain(field)
        }
        storage.quota = fields["quota"].flatMap(size)
        storage.onRemove =
            fields["on_remove"]?.parsed("what happens then", "use keep or delete") { .init(rawValue: $0) }
            ?? .keep
        if let field = fields["on_store_down"] {
            storage.onStoreDown = storeDown(field) ?? .continue
            if storage.onStoreDown == .stop, fields["max_dirty"] == nil {
                field.refuse("does not say when", "add for example 'max_dirty: 256M'")
            }
        }
        return storage
    }

    private func storeDown(_ field: Field) -> VolumeStorage.StoreDown? {
        guard field.scalar?.text != "readonly" else {
            field.supportOnly("continue", "stop")
            return nil
        }
        return field.parsed("what happens then", "use continue or stop") { .init(rawValue: $0) }
    }

    private func quiesce(_ field: Field) -> VolumeStorage.Quiesce? {
        guard let fields = Fields(field, .quiesce),
            let service = fields.required("service", "say in whose containers")?.string(),
            let command = fields.required("exec", "say what is to be run, as a list")
        else { return nil }
        let arguments = command.strings()
        if arguments.isEmpty, !command.findings.hasProblem(within: command.path) {
            command.refuse("is empty", "add what to run")
        }
        if arguments.count > Self.mostArguments { command.refuse("is too long", "write a script") }
        return VolumeStorage.Quiesce(service: service, command: arguments)
    }

    private func retain(_ field: Field) -> VolumeStorage.Retain? {
        guard let fields = Fields(field, .retain) else { return nil }
        func count(_ key: String) -> Int { fields[key]?.integer(0...Self.mostVersions) ?? 0 }
        let retain = VolumeStorage.Retain(
            last: count("last"),
            hourly: count("hourly"),
            daily: count("daily")
        )
        if retain == VolumeStorage.Retain(), !field.findings.hasProblem(within: field.path) {
            field.refuse("keeps nothing", "write for example 'last: 10', or all")
        }
        return retain
    }

    private func size(_ field: Field) -> ByteCount? {
        guard let size = field.bytes() else { return nil }
        if size.bytes < 1 << 20 { field.refuse("must be at least 1M", "write for example 64M") }
        return size
    }

    private func time(_ field: Field?, _ range: ClosedRange<Duration>) -> Duration? {
        guard let field, let time = field.duration() else { return nil }
        if !range.contains(time) {
            field.refuse(
                "must be at least \(range.lowerBound.printed) and at most \(range.upperBound.printed)"
            )
        }
        return time
    }
}
