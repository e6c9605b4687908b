// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Linux
internal import Volumes

// Volumes that are kept in stores: taken before the first container uses them, given back after the last.

extension Node {
    /// Nobody else begins to use a volume within this time of the last one's end.
    private static let idleTime = Duration.seconds(1)

    /// Has the files of the volumes here that a service mounts, and the right to write them.
    func hold(_ service: Service, of app: App) async throws {
        for volume in app.volumes where service.uses(volume.name) {
            let name = VolumeName(app: app.name, name: volume.name)
            if let storage = volume.storage {
                try await hold(name, storage)
            } else {
                try await checkHere(name)
            }
        }
    }

    /// Refuses a volume of this node alone whose files are not all in its directory.
    private func checkHere(_ name: VolumeName) async throws {
        let folder = folders.volume(name)
        guard let mark = try await Thread.run({ folder.mark }), mark.served != nil else { return }
        let remedy =
            "its files come from store '\(mark.store)' while they are read, and are not all here: name that store again, with "
            + "'restore: eager' until the app has started once, or take another name for the volume"
        throw AgentError("start", "volume \(name)", remedy)
    }

    private func hold(_ name: VolumeName, _ storage: VolumeStorage) async throws {
        await takeVolume(name)
        defer { endVolume(name) }
        try Task.checkCancellation()
        try await holdInTurn(name, storage)
    }

    /// The same for who has its turn.
    func holdInTurn(_ name: VolumeName, _ storage: VolumeStorage, next: CommitRecord? = nil) async throws {
        let isUsed = users(of: name).contains { $0.phase == .running || $0.pid > 0 }
        if kept[name]?.held?.mayBeReleased == true {
            kept[name]?.held?.callOff()
        } else if kept[name]?.isHeld == true {
            guard kept[name]?.storage.place != storage.place else {
                kept[name]?.storage = storage
                return try await serveMore(name, storage, isUsed: isUsed)
            }
            // Who still uses it goes on with the same files.
            if !isUsed { try await commitInTurn(name, releasing: true) }
        }
        guard let store = stores.all[storage.store] else {
            let remedy = "the node has no store '\(storage.store)': add it under 'stores' in node.yaml"
            throw AgentError("start", "volume \(name)", remedy)
        }
        let folder = folders.volume(name)
        if let mark = try await Thread.run({ folder.mark }), mark.served != nil, mark.store != storage.store {
            let reason =
                "its files come from the store '\(mark.store)' while they are read, and are not all here: keep it there, or "
                + "take another name for a volume in '\(storage.store)'"
            throw AgentError("start", "volume \(name)", reason)
        }
        let held = try HeldVolume(name, storage, in: store, folder, for: try await volumeOwner())
        var terms = restoreTerms(of: name, storage)
        terms.next = next
        var volume = kept[name] ?? KeptVolume(storage)
        (volume.storage, volume.state, volume.held, volume.failure) = (storage, .acquiring, held, nil)
        volume.isHurried = false
        if !isUsed { volume.isReadOnly = false } else if kept[name] == nil { volume.isReadOnly = nil }
        kept[name] = volume
        do {
            let acquired = try await withTaskCancellationHandler { [terms] in
                try await held.acquire(isUsed: isUsed, on: terms)
            } onCancel: {
                held.callOff()
            }
            try await serve(name, acquired, folder, isUsed: isUsed)
            took(name, acquired)
        } catch {
            if isUsed, let reason = error.fencing {
                fence(name, reason)
            } else {
                held.callOff()
                kept[name]?.held = nil
                kept[name]?.state = .failed("\(error)")
                if !isUsed { await unserve(name) }
            }
            throw AgentError("start", "volume \(name)", "\(error)")
        }
    }

    private func took(_ name: VolumeName, _ acquired: HeldVolume.Acquired) {
        guard var volume = kept[name] else { return }
        volume.state = .held
        volume.guarantee = acquired.guarantee
        volume.head = acquired.head
        volume.lookedAt = .now
        // What is here may be newer than what was committed: the first look tells.
        volume.nextCommit = .now
        if acquired.isRestored { volume.safeAt = Timestamp.now() }
        kept[name] = volume
        if let aside = acquired.aside {
            events.append(
                .failed,
                app: name.app,
                "volume \(name.name): its files here were not those of version \(acquired.head.sequence): they are "
                    + "in \(aside) now"
            )
        }
        if let branch = acquired.branch {
            events.append(
                .branched,
                app: name.app,
                "volume \(name.name): what was left here when its store did not answer is in branch \(branch)"
            )
        }
        if acquired.isRestored {
            let entries = acquired.head.statistics.entries
            let served = acquired.served == nil ? "" : ", whose files come while they are read"
            let obstacle = acquired.obstacle.map { "; not while they are read, for \($0)" } ?? ""
            let what =
                volume.storage.mode == .objects
                ? "\(entries) objects" : "\(entries) entries, as of version \(acquired.head.sequence - 1)"
            events.append(.restored, app: name.app, "volume \(name.name): \(what)\(served)\(obstacle)")
        }
        changed()
        watch(name)
    }

    /// Who we are for stores.
    func volumeOwner() async throws -> CommitRecord.Owner {
        // Two who ask at once are one.
        await takeTurn("the owner of volumes")
        defer { endTurn("the owner of volumes") }
        if let volumeOwner { return volumeOwner }
        let state = folders.state
        let ours = try await Thread.run { try VolumeOwner.stateHalf(state) }
        let owner = CommitRecord.Owner(
            ours,
            try await ask { try await VolumeOwner.keeperHalf($0) },
            node: self.name
        )
        volumeOwner = owner
        return owner
    }

    // MARK: Who uses it

    /// The containers that have a volume, or are about to.
    func users(of name: VolumeName) -> [Instance] {
        instances(of: name.app).filter {
            ($0.phase == .running || $0.isStarting) && $0.service?.uses(name.name) == true
        }
    }

    /// Gives the volumes of a container that has ended back, if nobody else uses them soon.
    func noteEnd(ofUser id: String) {
        guard let instance = instances[id] else { return }
        for (name, volume) in kept
        where volume.isHeld && name.app == instance.record.app && instance.service?.uses(name.name) == true
            && users(of: name).isEmpty
        {
            Task {
                try? await Task.sleep(for: Self.idleTime)  // nobody cancels it
                await releaseIfIdle(name)
            }
        }
    }

    /// Commits a volume that nobody uses, and gives it back; what fails is told, and tried again.
    func releaseIfIdle(_ name: VolumeName) async {
        guard kept[name]?.isHeld == true, users(of: name).isEmpty else { return }
        do {
            try await commit(name, releasing: true)
            if kept[name]?.state == .released { await goOnWithHalted(name) }
        } catch { return }
    }

    /// Calls off what a start that is stopped waits for.
    func callOffVolumes(of id: String) {
        guard let instance = instances[id] else { return }
        for (name, volume) in kept
        where volume.state == .acquiring && name.app == instance.record.app
            && instance.service?.uses(name.name) == true
        {
            volume.held?.callOff()
        }
    }

    // MARK: From one agent to the next

    /// Goes on with the volumes of containers that run since an agent before us.
    func resumeVolumes() async {
        await endUnusedServing()
        for app in deployments.keys.sorted() { await resumeVolumes(of: app) }
    }

    /// Goes on with the volumes of containers of one app that run already.
    func resumeVolumes(of app: String) async {
        for volume in deployments[app]?.app.volumes ?? [] where volume.storage != nil {
            let name = VolumeName(app: app, name: volume.name)
            let ids = users(of: name).filter { $0.phase == .running && !$0.isPaused }.map(\.record.id)
            guard !ids.isEmpty, kept[name] == nil, resuming[name] == nil else { continue }
            let tree = tree
            // It may have been killed in the middle of a commit.
            try? await Thread.run {
                for id in ids {
                    let group = try? Cgroup(existing: id, in: tree)
                    if (try? group?.isFrozen()) == true { try? group?.thaw() }
                }
            }
            resuming[name] = Task { await takeBack(name) }
        }
    }

    private func takeBack(_ name: VolumeName) async {
        var pause = Duration.seconds(1)
        while !users(of: name).isEmpty, kept[name]?.isHeld != true,
            let storage = deployments[name.app]?.app.volume(name.name)?.storage
        {
            do { return try await hold(name, storage) } catch {
                if case .fenced = kept[name]?.state { return }
                if pause == .seconds(1) { events.append(.failed, app: name.app, "\(error)") }
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }  // the agent ends
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// Ends what is under way for volumes: containers go on, and so does the next agent.
    func closeVolumes() async {
        for task in resuming.values { task.cancel() }
        for name in kept.keys.sorted() {
            kept[name]?.watcher?.cancel()
            kept[name]?.held?.callOff()
            // Nobody is left frozen.
            await takeVolume(name)
            endVolume(name)
        }
    }

    // MARK: One at a time

    func takeVolume(_ name: VolumeName) async { await takeTurn("volume \(name)") }

    func endVolume(_ name: VolumeName) { endTurn("volume \(name)") }
}

extension Service {
    /// Whether it mounts a volume of its app.
    func uses(_ volume: String) -> Bool { mounts.contains { $0.source == .volume(volume) } }

    /// Whether it may write to it.
    func writes(_ volume: String) -> Bool {
        mounts.contains { $0.source == .volume(volume) && !$0.isReadOnly }
    }
}

extension Error {
    /// Why somebody else writes a volume; nil if it is another failure.
    var fencing: String? {
        guard let error = self as? VolumeError, case .fenced(let reason) = error.cause else { return nil }
        return reason
    }
}
