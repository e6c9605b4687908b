// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Lazy
internal import Linux
internal import Volumes

// Volumes whose files come while they are read: what is mounted for them, and who serves that.

extension Node {
    /// How the files of a volume may come.
    func restoreTerms(of name: VolumeName, _ storage: VolumeStorage) -> RestoreTerms {
        let users = instances(of: name.app).filter { $0.service?.uses(name.name) == true }
        var terms = RestoreTerms(
            isLazy: storage.restore == .lazy,
            places: Set(users.map(\.record.idSlot))
        )
        do {
            let isKnown = try settings.stores[storage.store].map { try LazySettings.Store($0) != nil }
            if isKnown == false {
                terms.reason = "martlet-lazy reads no Swift, and no bucket with 'signature: v2'"
            }
        } catch {
            terms.reason = "\(error)"
        }
        return terms
    }

    /// Has what an acquisition found mounted and served, before a container sees it.
    func serve(_ name: VolumeName, _ acquired: HeldVolume.Acquired, _ folder: VolumeFolder, isUsed: Bool)
        async throws
    {
        guard let mark = acquired.served else {
            kept[name]?.served = nil
            return
        }
        guard let settings = self.settings.stores[mark.store], let store = try LazySettings.Store(settings)
        else {
            throw AgentError(
                "serve",
                "volume \(name)",
                "its files still come from store '\(mark.store)', which is not in node.yaml or changed its kind"
            )
        }
        let tree = tree
        let served = try await Thread.run {
            try ServedVolume(name, folder, mark, from: store, in: tree.makeServants())
        }
        kept[name]?.served = served
        try await serve(name, served, isUsed: isUsed)
    }

    /// Has what is held already mounted and served for one more container.
    func serveMore(_ name: VolumeName, _ storage: VolumeStorage, isUsed: Bool) async throws {
        guard let served = kept[name]?.served else { return }
        guard restoreTerms(of: name, storage).places.allSatisfy({ $0 == served.place }) else {
            throw AgentError(
                "start",
                "volume \(name)",
                "its files are told with the ids of other containers: stop all that use it, and start them"
            )
        }
        try await serve(name, served, isUsed: isUsed)
    }

    private func serve(_ name: VolumeName, _ served: ServedVolume, isUsed: Bool) async throws {
        let parkedName = try ServedVolume.parkedName(name)
        let parked = try await ask { try await $0.take(parkedName) }
        guard let found = try await Thread.run({ try served.prepare(parked, isUsed: isUsed) }) else {
            return try await Thread.run { try served.mount() }
        }
        do {
            // Before anybody serves it: the mount outlives both of us only by this.
            if found.isNew { try await ask { try await $0.park(parkedName, found.device.descriptor) } }
            try await Thread.run {
                try served.serve(found.device)
                try served.mount()
            }
        } catch {
            if found.isNew {
                try await Thread.run { try served.end() }
                try await ask { try await $0.unpark(parkedName) }
            }
            throw error
        }
    }

    /// Starts who serves a volume again, if they have ended.
    func serveAgain(_ name: VolumeName) async {
        await takeVolume(name)
        defer { endVolume(name) }
        guard let volume = kept[name], volume.isHeld, let served = volume.served else { return }
        do {
            if try await Thread.run({ try served.isWhole() }) { return }
            try await serve(name, served, isUsed: !users(of: name).isEmpty)
            events.append(
                .recovered,
                app: name.app,
                "volume \(name.name): who served its files had ended, and was started again"
            )
        } catch {
            guard kept[name]?.failure != "\(error)" else { return }
            kept[name]?.failure = "\(error)"
            events.append(.failed, app: name.app, "volume \(name.name): \(error)")
        }
    }

    /// Takes away what is mounted for a volume that nobody uses; who has their turn calls it.
    func unserve(_ name: VolumeName) async {
        guard let served = kept[name]?.served else { return }
        kept[name]?.served = nil
        await end(name) { try served.end() }
    }

    private func end(_ name: VolumeName, _ body: @escaping @Sendable () throws -> Void) async {
        do {
            try await Thread.run(body)
            let parkedName = try ServedVolume.parkedName(name)
            try await ask { try await $0.unpark(parkedName) }
        } catch {
            events.append(.failed, app: name.app, "volume \(name.name): \(error)")
        }
    }

    // MARK: From one agent to the next

    /// Takes away what an agent before us left mounted for volumes that nobody uses.
    func endUnusedServing() async {
        let folders = folders
        let found = await servedVolumes().keys.sorted()
        for name in found where kept[name]?.served == nil && isUnused(name) {
            await takeVolume(name)
            if kept[name]?.served == nil, isUnused(name) {
                await end(name) { try LazyVolume(folders.volume(name).path).end() }
            }
            endVolume(name)
        }
    }

    /// Whether no container can have it, as far as is known.
    private func isUnused(_ name: VolumeName) -> Bool {
        users(of: name).isEmpty
            && instances(of: name.app).allSatisfy { $0.service != nil || $0.phase != .running }
    }

    /// Keeps the ids that files here are told with from other containers.
    func keepServedIDs() async {
        for (name, mark) in await servedVolumes() {
            guard let place = mark.place, ids.keep(place) else { continue }
            sharedPlaces[name.app] = place
        }
    }

    private func servedVolumes() async -> [VolumeName: VolumeFolder.Mark] {
        let folders = folders
        do { return try await Thread.run { try folders.servedVolumes() } } catch {
            events.append(.failed, app: nil, "volumes: \(error)")
            return [:]
        }
    }

    // MARK: Ids

    /// The ids of a new container: its own, or those of all in its app that use a volume whose files come while they are
    /// read, for those are told with one range of ids.
    func claimPlace(for service: Service, of app: App) throws -> Int {
        let lazy = app.volumes.filter { $0.storage?.restore == .lazy }.map(\.name)
        let isShared = lazy.contains { service.uses($0) }
        if isShared {
            let others = instances(of: app.name).filter { other in
                lazy.contains { other.service?.uses($0) == true }
            }
            if let place = sharedPlaces[app.name] ?? others.lazy.compactMap(\.record.idSlot).first {
                sharedPlaces[app.name] = place
                return place
            }
        }
        let used = Set(instances.values.compactMap(\.record.idSlot)).union(sharedPlaces.values)
        let place = try ids.claim(excluding: used)
        if isShared { sharedPlaces[app.name] = place }
        return place
    }

    /// Gives the ids of a container that is gone back, unless others have them.
    func releasePlace(of record: InstanceRecord) throws {
        guard let place = record.idSlot, !sharedPlaces.values.contains(place),
            !instances.values.contains(where: { $0.record.idSlot == place && $0.record.id != record.id })
        else { return }
        try ids.release(place)
    }
}
