// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Transfer
internal import Volumes

// What a store has of a volume, whoever writes it: listed, read, cloned.

extension Node {
    /// The versions of a volume and of what is beside it, the newest first.
    ///
    /// - Parameters:
    ///   - app: The app.
    ///   - name: The name in its file.
    ///   - store: The store; nil for the one that the volume is kept in, as far as this node knows it.
    ///   - count: So many of the volume and of each branch; those with a label are told in any case.
    /// - Returns: The versions.
    /// - Throws: `ControlError` if there is no such store, or it cannot be asked.
    public func volumeVersions(app: String, name: String, store: String? = nil, last count: Int = 100)
        async throws -> [VolumeVersion]
    {
        let volume = try VolumeName(given: app, name)
        let archive = try await archive(volume, in: store)
        return try await asked(volume, archive) { try archive.versions(last: count) }
    }

    /// Reads all that a volume has in its store, and tells what is not as it was stored.
    public func checkVolume(app: String, name: String, store: String? = nil) async throws -> VolumeCheck {
        let volume = try VolumeName(given: app, name)
        let archive = try await archive(volume, in: store)
        return try await asked(volume, archive) { try archive.check(volume) }
    }

    /// Begins another volume with a version of one, in the same store, for the price of one object.
    ///
    /// What a volume that is held here has at the moment is committed first, unless a version is chosen.
    /// - Parameters:
    ///   - app: The app.
    ///   - name: The name in its file.
    ///   - target: The new one: `APP/VOLUME`, or a volume of the same app.
    ///   - choice: The version.
    ///   - store: As for `volumeVersions`.
    /// - Returns: The first version of the new one.
    /// - Throws: `ControlError` if there is one of the new name, or no such version.
    public func cloneVolume(
        app: String,
        name: String,
        to target: String,
        _ choice: VersionChoice,
        store: String? = nil
    ) async throws -> VolumeVersion {
        let volume = try VolumeName(given: app, name)
        let parts = target.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let clone = try VolumeName(
            given: parts.count == 2 ? String(parts[0]) : app,
            String(parts.last ?? "")
        )
        let archive = try await archive(volume, in: store)
        await takeVolume(clone)
        defer { endVolume(clone) }
        let volumes = volumes
        let isHere = try await Thread.run { try volumes.list(app: clone.app).contains(clone.name) }
        guard !isHere, kept[clone] == nil else {
            throw ControlError(
                .conflict,
                "volume \(clone)",
                "there is a volume of this name on the node",
                "choose another name, or remove it with `martlet volume rm \(clone)`"
            )
        }
        try await asked(volume, archive) { try archive.requireFence("clone") }
        if choice == VersionChoice(), kept[volume]?.isHeld == true {
            _ = try await commitVolume(app: app, name: name)
        }
        let owner = try await volumeOwner()
        let first = try await asked(volume, archive) {
            let (log, record) = try archive.find(choice)
            return try archive.clone(record, of: log, to: clone, by: owner)
        }
        events.append(.committed, app: clone.app, "volume \(clone.name): version 1 \(first.reason)")
        return first
    }

    /// Gives a version of a volume a name, which keeps it; nil is the last one.
    public func labelVolume(app: String, name: String, version: UInt64? = nil, as label: String) async throws
    {
        let volume = try VolumeName(given: app, name)
        let archive = try await archive(volume, in: nil)
        try await asked(volume, archive) {
            try archive.requireFence("label")
            let (log, record) = try archive.find(VersionChoice(version: version))
            try log.snapshot(label, of: record, time: UInt64(Timestamp.now()), in: archive.scope)
        }
    }

    // MARK: Asking a store

    /// What a store has of a volume.
    ///
    /// - Parameters:
    ///   - name: The volume.
    ///   - chosen: The store; nil for the one that the volume is kept in, or was when it was here last.
    /// - Returns: What can be asked.
    /// - Throws: `ControlError` if there is no such store, or it cannot be asked.
    func archive(_ name: VolumeName, in chosen: String?) async throws -> VolumeArchive {
        let folder = folders.volume(name)
        let storage = kept[name]?.storage ?? deployments[name.app]?.app.volume(name.name)?.storage
        guard storage?.mode != .objects else {
            throw ControlError(
                .conflict,
                "volume \(name)",
                "its files are plain objects, without versions",
                "see them with `martlet store ls`"
            )
        }
        var named = chosen ?? kept[name]?.storage.store
        named = named ?? deployments[name.app]?.app.volume(name.name)?.storage?.store
        if named == nil { named = try await Thread.run { folder.mark?.store } }
        guard let named else {
            throw ControlError(
                .conflict,
                "volume \(name)",
                "it is kept in no store that this node knows of",
                "name one in volumes.\(name.name).x-martlet.store, or with --store"
            )
        }
        guard let store = stores.all[named] else {
            throw ControlError(
                .absent,
                "store \(named)",
                "the node has no such store",
                "add it under 'stores' in node.yaml"
            )
        }
        do {
            return try await Thread.run { try VolumeArchive(name, in: store, called: named) }
        } catch let error as VolumeError {
            throw Self.told(error, name)
        }
    }

    /// Asks a store on a thread of its own.
    ///
    /// - Throws: `ControlError` for what the store or the volume says.
    func asked<Answer: Sendable>(
        _ name: VolumeName,
        _ archive: VolumeArchive,
        _ body: @escaping @Sendable () throws -> Answer
    ) async throws -> Answer {
        do {
            return try await withTaskCancellationHandler {
                try await Thread.run(body)
            } onCancel: {
                archive.scope.cancel()
            }
        } catch let error as VolumeError {
            throw Self.told(error, name)
        }
    }

    static func told(_ error: VolumeError, _ name: VolumeName) -> ControlError {
        switch error.cause {
        case .refused, .fenced: ControlError(.conflict, "volume \(name)", error.reason)
        case .damaged, .store, .system, .unsettled, .cancelled:
            ControlError(.failed, "volume \(name)", "\(error)")
        }
    }
}
