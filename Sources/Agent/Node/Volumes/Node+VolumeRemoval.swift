// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Transfer
internal import Volumes

// Volumes, and parts of them, that nobody wants any more.

extension Node {
    /// Removes a volume from this node and its store; or a branch, a version or a label of it, if one is chosen.
    ///
    /// What the store has of it goes with later sweeps. Branches stay unless they are chosen.
    /// - Parameters:
    ///   - app: The app.
    ///   - name: The name in its file.
    ///   - choice: The part; the whole volume if nothing is chosen. A time chooses nothing.
    ///   - store: As for `volumeVersions`.
    /// - Returns: What was removed.
    /// - Throws: `ControlError` if it is in use, here or elsewhere, or there is none.
    public func removeVolume(app: String, name: String, _ choice: VersionChoice, store: String? = nil)
        async throws -> VolumeRemoval
    {
        let volume = try VolumeName(given: app, name)
        guard choice.branch != nil || choice.version != nil || choice.label != nil else {
            return try await removeWhole(volume, store)
        }
        let archive = try await archive(volume, in: store)
        let owner = try await volumeOwner()
        try await asked(volume, archive) {
            try archive.requireFence("remove")
            let log = try archive.log(of: choice.branch)
            if let label = choice.label {
                _ = try archive.find(choice)
                try log.removeSnapshot(label, in: archive.scope)
            } else if let version = choice.version {
                try log.giveUp(version, time: UInt64(Timestamp.now()), in: archive.scope)
            } else {
                try archive.remove(log, by: owner)
            }
        }
        let part = [
            choice.branch.map { "branch \($0)" }, choice.version.map { "version \($0)" },
            choice.label.map { "label \($0)" },
        ].compactMap(\.self).joined(separator: ", ")
        events.append(.removed, app: app, "volume \(name): \(part)")
        return VolumeRemoval(
            app: app,
            name: name,
            store: archive.store,
            branch: choice.branch,
            version: choice.version,
            label: choice.label
        )
    }

    private func removeWhole(_ name: VolumeName, _ store: String?) async throws -> VolumeRemoval {
        let status = try await volumeStatus().first { $0.app == name.app && $0.name == name.name }
        guard status != nil || store != nil else {
            throw ControlError(
                .absent,
                "volume \(name)",
                "this node has none",
                "see `martlet volume ls`, or name its store with --store"
            )
        }
        let folder = folders.volume(name)
        let mark = try await Thread.run { folder.mark }
        let storage = kept[name]?.storage ?? deployments[name.app]?.app.volume(name.name)?.storage
        // Plain objects are others' as well, and stay.
        let isOfObjects = storage.map { $0.mode == .objects } ?? mark?.isOfObjects ?? false
        let isStored = !isOfObjects && (store != nil || status?.store != nil)
        let archive = isStored ? try await archive(name, in: store) : nil
        try await delete(name, archive)
        return VolumeRemoval(app: name.app, name: name.name, store: archive?.store)
    }

    /// Removes a volume that nothing mounts from here, and from its store if it has one.
    func delete(_ name: VolumeName, _ archive: VolumeArchive?) async throws {
        await takeVolume(name)
        defer { endVolume(name) }
        if let user = instances(of: name.app).first(where: { $0.service?.uses(name.name) == true }) {
            throw ControlError(
                .conflict,
                "volume \(name)",
                "\(user.record.name) mounts it",
                "take the app down first, with `martlet down \(name.app)`"
            )
        }
        if let archive {
            let owner = try await volumeOwner()
            try await asked(name, archive) {
                try archive.requireFence("remove")
                guard let tail = try archive.log.tail(in: archive.scope), !tail.isRemoval else { return }
                try archive.remove(archive.log, by: owner)
            }
        }
        kept[name]?.watcher?.cancel()
        kept[name]?.held?.callOff()
        kept[name] = nil
        let folder = folders.volume(name)
        try await Thread.run {
            // A version below stays for nobody; what fails here goes with a sweep.
            if let archive, let mark = folder.mark(of: archive.store), let pin = mark.pin {
                try? ReadPin.release(pin, in: archive.log.store, TransferScope())
            }
            try folder.remove()
        }
        let places = archive.map { "from this node and store \($0.store)" } ?? "from this node"
        events.append(.removed, app: name.app, "volume \(name.name) \(places)")
        changed()
    }
}
