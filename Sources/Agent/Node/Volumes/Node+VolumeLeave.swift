// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Transfer
internal import Volumes

// Volumes of an app that goes: given back, left here if their store does not answer, deleted if the file says so.

extension Node {
    /// So long is waited for a store that did not answer before, and by who is in a hurry.
    private static let lastTime = Duration.seconds(5)

    /// Commits the volumes of an app that goes, and gives them back; what its store does not take stays here.
    ///
    /// - Throws: What keeps files from being left in order.
    func releaseVolumes(of app: String) async throws {
        var first: (any Error)?
        for name in kept.keys.filter({ $0.app == app }).sorted() {
            do {
                if kept[name]?.isHeld == true { try await releaseOrLeave(name) }
                kept[name]?.watcher?.cancel()
                await unserve(name)
                if case .left = kept[name]?.state { continue }
                kept[name] = nil
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    private func releaseOrLeave(_ name: VolumeName) async throws {
        let held = kept[name]?.held
        let isImpatient = kept[name]?.failure != nil || kept[name]?.isHurried == true
        let end = Task {
            guard isImpatient, (try? await Task.sleep(for: Self.lastTime)) != nil else { return }
            held?.callOff()
        }
        defer { end.cancel() }
        do { try await commit(name, releasing: true) } catch {
            try await leave(name, because: error)
        }
    }

    /// Leaves the files of a volume here, for the next start; what was fenced meanwhile becomes a branch anyway.
    private func leave(_ name: VolumeName, because error: any Error) async throws {
        kept[name]?.held?.callOff()
        await takeVolume(name)
        defer { endVolume(name) }
        guard kept[name]?.isHeld == true, let held = kept[name]?.held else { return }
        try await held.leave()
        kept[name]?.held = nil
        kept[name]?.state = .left("\(error)")
        events.append(
            .failed,
            app: name.app,
            "volume \(name.name): \(Self.left): \(error)"
        )
        changed()
    }

    /// Whoever takes an app down at once does not wait for a store that does not answer.
    func hurryVolumes(of app: String) {
        for (name, volume) in kept where name.app == app {
            kept[name]?.isHurried = true
            guard deployments[app]?.isGoing == true, let held = volume.held else { continue }
            Task {
                try? await Task.sleep(for: Self.lastTime)  // nobody cancels it
                if deployments[app]?.isGoing == true { held.callOff() }
            }
        }
    }

    /// Deletes the volumes of an app that is down whose file says so, and that this node wrote last.
    func deleteVolumes(of app: String) async {
        for volume in deployments[app]?.app.volumes ?? [] where volume.storage?.onRemove == .delete {
            guard let storage = volume.storage else { continue }
            let name = VolumeName(app: app, name: volume.name)
            do {
                if case .left(let reason) = kept[name]?.state {
                    throw AgentError("delete", "volume \(name)", reason)
                }
                let owner = try await volumeOwner()
                let archive = try await archive(name, in: storage.store)
                let tail = try await asked(name, archive) { try archive.main()?.tail(in: archive.scope) }
                guard let tail, tail.owner.id == owner.id, !tail.isRemoval else { continue }
                try await delete(name, archive)
            } catch {
                events.append(
                    .failed,
                    app: app,
                    "volume \(volume.name) is not deleted: \(error): see `martlet volume rm`"
                )
            }
        }
    }
}
