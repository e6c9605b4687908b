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
        place(fields, &storage)
        storage.restore =
            fields["restore"]?.parsed("how files come back", "use eager or lazy") { .init(rawValue: $0) }
            ?? storage.restore
        if storage.restore == .lazy, storage.mode != .snapshot {
            fields["restore"]?.refuse("is for 'mode: snapshot' alone", "use eager")
        }
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
        if storage.mode == .objects {
            for key in ["retain", "quota"] {
                fields[key]?.refuse("is for volumes that have versions", "remove it, or use 'mode: snapshot'")
            }
            if storage.onRemove == .delete {
                fields["on_remove"]?.refuse("'delete' is for volumes that have versions", "use keep")
            }
        }
        if let field = fields["on_store_down"] {
            storage.onStoreDown =
                field.parsed("what happens then", "use continue, readonly or stop") { .init(rawValue: $0) }
                ?? .continue
            if storage.onStoreDown != .continue, fields["max_dirty"] == nil {
                field.refuse("does not say when", "add for example 'max_dirty: 256M'")
            }
        }
        return storage
    }

    /// What the store has of it, and where.
    private func place(_ fields: Fields, _ storage: inout VolumeStorage) {
        if let field = fields["mode"] {
            storage.mode =
                field.parsed("a mode of volumes", "use snapshot, objects or sqlite") { .init(rawValue: $0) }
                ?? .snapshot
        }
        storage.isEncrypted = fields["encrypt"]?.bool() ?? false
        storage.prefix = fields["prefix"]?.parsed(
            "what keys begin with",
            "write for example site/images: no slash at either end, and not v/, p/ or gc/, which volumes have",
            Self.prefix
        )
        guard storage.mode == .objects else {
            fields["prefix"]?.refuse("is for objects alone", "add 'mode: objects', or remove the key")
            return
        }
        fields["lease"]?.refuse("holds nobody off: objects have no lease", "remove the key")
        if storage.isEncrypted {
            fields["encrypt"]?.refuse("leaves no objects that others can read", "use 'mode: snapshot'")
        }
    }

    /// The beginning of keys, with room for paths behind it; the keys of versions are not for others.
    private static func prefix(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy {
            Characters.isName(String($0), and: "._+=@~-") && $0 != "." && $0 != ".." && $0.utf8.count <= 255
        }
        return isFine && text.utf8.count <= 512 && !["v", "p", "gc"].contains(parts[0]) ? text : nil
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
