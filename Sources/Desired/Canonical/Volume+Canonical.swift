// SPDX-License-Identifier: Apache-2.0

extension Volume {
    /// Nothing of it is a reason to make it anew.
    var described: Canonical {
        .object(["labels": .map(labels), "x-martlet": storage?.canonical])
    }
}

extension VolumeStorage {
    /// What is as it is unless it is said is left out.
    fileprivate var canonical: Canonical {
        let usual = VolumeStorage(store: store)
        return .object([
            "commit": commit == usual.commit ? nil : .duration(commit),
            "encrypt": isEncrypted ? .flag(true) : nil,
            "lease": lease == usual.lease ? nil : .object(["ttl": .duration(lease)]),
            "max_dirty": .number(maximumDirty?.bytes),
            "mode": mode == usual.mode ? nil : .string(mode.rawValue),
            "on_remove": onRemove == usual.onRemove ? nil : .string(onRemove.rawValue),
            "on_store_down": onStoreDown == usual.onStoreDown ? nil : .string(onStoreDown.rawValue),
            "prefix": .text(prefix),
            "quiesce": quiesce.map {
                .object(["exec": .array($0.command.map { .string($0) }), "service": .string($0.service)])
            },
            "quota": .number(quota?.bytes),
            "restore": restore == usual.restore ? nil : .string(restore.rawValue),
            "retain": retain == usual.retain ? nil : retain?.canonical ?? .string("all"),
            "store": .string(store),
        ])
    }
}

extension VolumeStorage.Retain {
    fileprivate var canonical: Canonical {
        func number(_ count: Int) -> Canonical? { count == 0 ? nil : .number(Int64(count)) }
        return .object(["daily": number(daily), "hourly": number(hourly), "last": number(last)])
    }
}
