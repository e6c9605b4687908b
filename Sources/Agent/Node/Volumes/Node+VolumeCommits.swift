// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Linux
internal import Volumes

// Commits of volumes that are held: by the time, by the amount, by hand, and for the last time.

extension Node {
    /// A command before a commit may take so long.
    private static let quiesceTime = Duration.seconds(10)

    /// Looks after a volume for as long as it is held.
    func watch(_ name: VolumeName) {
        kept[name]?.watcher?.cancel()
        kept[name]?.watcher = Task {
            while let volume = kept[name], volume.isHeld,
                (try? await Task.sleep(for: volume.beat, tolerance: volume.beat / 10)) != nil
            {
                await lookAfter(name)
            }
        }
    }

    private func lookAfter(_ name: VolumeName) async {
        guard let volume = kept[name], volume.isHeld, let held = volume.held else { return }
        // How it is kept may change while it is.
        if let storage = deployments[name.app]?.app.volume(name.name)?.storage,
            storage.place == volume.storage.place
        {
            kept[name]?.storage = storage
        }
        if volume.served != nil { await serveAgain(name) }
        do {
            // Whoever stood still for so long may have been overtaken, and would not hear of it.
            try await held.verify(hasStalled: .now - volume.lookedAt > volume.storage.lease)
        } catch {
            guard kept[name]?.isHeld == true else { return }
            if let reason = error.fencing { return fence(name, reason) }
        }
        kept[name]?.lookedAt = .now
        guard !users(of: name).isEmpty else { return await releaseIfIdle(name) }
        let isDue = ContinuousClock.now >= volume.nextCommit
        let most = (volume.storage.maximumDirty?.bytes).map { UInt64(clamping: $0) }
        guard isDue || most != nil else { return }
        // What fails is told, and tried again.
        do { try await commit(name, above: isDue ? nil : most) } catch { return }
        guard kept[name]?.failure == nil else { return }
        await allowWriting(name)
        if kept[name]?.halted.isEmpty == false { await goOnWithHalted(name) }
    }

    /// Commits what changed in a volume since the last time; nil if nothing did, or less than `least` bytes.
    @discardableResult
    func commit(_ name: VolumeName, releasing: Bool = false, above least: UInt64? = nil) async throws
        -> CommitRecord?
    {
        await takeVolume(name)
        defer { endVolume(name) }
        // It was given back meanwhile, with all that was to be committed, or somebody began to use it.
        if kept[name]?.state == .released { return nil }
        if releasing, kept[name]?.isHeld != true || !users(of: name).isEmpty { return nil }
        return try await commitInTurn(name, releasing: releasing, above: least)
    }

    /// The same for who has its turn.
    @discardableResult
    func commitInTurn(_ name: VolumeName, releasing: Bool, above least: UInt64? = nil) async throws
        -> CommitRecord?
    {
        guard let volume = kept[name], volume.isHeld, let held = volume.held else {
            throw ControlError(
                .conflict,
                "volume \(name)",
                "it is not held by this node",
                "see `martlet volume ls`"
            )
        }
        var began = Timestamp.now()
        do {
            var record: CommitRecord?
            let dirty = try await held.readAhead()
            kept[name]?.dirty = dirty ?? 0
            if let least, dirty ?? 0 <= least { return nil }
            if dirty != nil, let quota = volume.storage.quota?.bytes {
                let size = await held.size
                guard size <= UInt64(clamping: quota) else { throw Self.beyond(quota, size, name) }
            }
            if dirty != nil || releasing {
                await quiesce(name)
                began = Timestamp.now()
                let cut = try await cut(name)
                defer { for number in kept[name]?.frozen.keys.sorted() ?? [] { endCut(name, number) } }
                record = try await held.commit(cut, releasing: releasing)
                kept[name]?.cut = await held.lastCut
            }
            note(name, record, asOf: began, releasing: releasing)
            if releasing { await unserve(name) }
            return record
        } catch {
            noteFailure(name, error)
            // Where the store would not take it either, nobody is held up until it does.
            if case .refused = (error as? VolumeError)?.cause { throw error }
            await limitIfTooDirty(name)
            throw error
        }
    }

    private static func beyond(_ quota: Int64, _ size: UInt64, _ name: VolumeName) -> VolumeError {
        let reason =
            "its files have \(size) bytes, and its quota is \(quota): remove some, or raise "
            + "volumes.\(name.name).x-martlet.quota"
        return VolumeError("commit", "\(name)", .refused(reason))
    }

    private func note(_ name: VolumeName, _ record: CommitRecord?, asOf instant: Int64, releasing: Bool) {
        if kept[name]?.failure != nil {
            events.append(.recovered, app: name.app, "volume \(name.name) is committed again")
        }
        kept[name]?.note(record, asOf: instant)
        guard releasing else { return }
        kept[name]?.state = .released
        kept[name]?.held?.callOff()
        kept[name]?.held = nil
        let version = kept[name]?.head?.sequence ?? 0
        events.append(
            .committed,
            app: name.app,
            "volume \(name.name): version \(version), the last one of here"
        )
        changed()
    }

    private func noteFailure(_ name: VolumeName, _ error: any Error) {
        // What the end of the agent calls off has not failed.
        guard let volume = kept[name], volume.isHeld, volume.held?.isCalledOff == false else { return }
        kept[name]?.failures += 1
        kept[name]?.nextCommit = .now + volume.storage.commit
        if let reason = error.fencing { return fence(name, reason) }
        if volume.failure == nil {
            events.append(.failed, app: name.app, "volume \(name.name): \(error)")
        }
        kept[name]?.failure = "\(error)"
        changed()
    }

    // MARK: Before and during a commit

    /// Has containers make their files fit to be read; what fails is told once.
    private func quiesce(_ name: VolumeName) async {
        guard let quiesce = kept[name]?.storage.quiesce else { return }
        var failure: String?
        for instance in users(of: name)
        where instance.record.service == quiesce.service && instance.phase == .running && !instance.isFrozen {
            do {
                let hook = Hook(command: quiesce.command)
                let status = try await run(hook, in: instance.record.id, until: .now + Self.quiesceTime)
                if status != 0 { failure = "\(instance.record.name): quiesce \(Self.outcome(status))" }
            } catch {
                failure = "\(instance.record.name): quiesce: \(error)"
            }
        }
        if let failure, kept[name]?.quiesceFailure != failure {
            events.append(.failed, app: name.app, "volume \(name.name): \(failure)")
        }
        kept[name]?.quiesceFailure = failure
    }

    /// What has the files of a volume of one instant while somebody may write them; nil if nobody may, or it is of no use.
    private func cut(_ name: VolumeName) async throws -> (any VolumeCut)? {
        guard kept[name]?.storage.mode != .objects else { return nil }
        _ = await until(nil) { users(of: name).allSatisfy { !$0.isBeingCopied } }
        let ids = users(of: name).filter {
            $0.pid > 0 && !$0.isPaused && $0.service?.writes(name.name) == true
        }.map(\.record.id)
        guard !ids.isEmpty else { return nil }
        if kept[name]?.storage.mode == .sqlite {
            return DatabaseCut(
                folder: folders.volume(name).dataPath
            )
        }
        for id in ids {
            instances[id]?.isBeingCopied = true
            instances[id]?.touches += 1
            instances[id]?.pauses += 1
        }
        let number = (kept[name]?.cuts ?? 0) + 1
        kept[name]?.cuts = number
        kept[name]?.frozen[number] = ids
        let tree = tree
        do {
            // One that has ended has no group, and writes nothing.
            let groups = try await Thread.run { ids.compactMap { try? Cgroup(existing: $0, in: tree) } }
            return FrozenGroups(groups) { [weak self] in Task { await self?.endCut(name, number) } }
        } catch {
            endCut(name, number)
            throw error
        }
    }

    /// Who stood still for a commit does not any more; told twice, as it ends and when the commit does.
    private func endCut(_ name: VolumeName, _ number: Int) {
        guard let ids = kept[name]?.frozen.removeValue(forKey: number) else { return }
        for id in ids {
            instances[id]?.isBeingCopied = false
            instances[id]?.touches += 1
            instances[id]?.pauses += 1
        }
        changed()
    }
}
