// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Networks

// The end of all that runs while the desired state stays: the machine goes down, or its keeper does.

extension Node {
    /// So long is waited for the volumes of what runs, before it is stopped.
    private static let volumeTime = Duration.seconds(10)
    /// So long may their last commits take.
    private static let commitTime = Duration.seconds(30)
    /// So long sinks take the last lines.
    private static let sinkTime = Duration.seconds(5)

    /// Adopts what the keeper holds, to halt it.
    ///
    /// What containers can end without is told when it fails, or is not there at all: sources, images, plans.
    func beginHalt() async throws {
        try await adopt(sweeps: false)
        do { try await shipLeftovers() } catch { events.append(.failed, app: nil, "\(error)") }
        await recall()
        do { try await serveNames() } catch { events.append(.failed, app: nil, "\(error)") }
        watchKeeper()
        watchRecords()
    }

    /// Stops every instance, each with its grace: app beside app, in each by falling order of start.
    ///
    /// Volumes that are kept in stores are committed for the last time, sinks get the last lines, and the node's own state
    /// is saved with what they did not take, until `end` at the latest; what of it fails is told.
    /// Whoever comes next starts what ran; what had ended, or a user had stopped, stays so.
    /// - Throws: If a container runs still.
    func halt(until end: ContinuousClock.Instant) async throws {
        await takeStateToEnd()
        await resumeVolumes()
        let ran = Set(instances.values.filter { $0.phase == .running }.map(\.record.app))
        for app in ran { await cancelRollout(app) }
        await withTaskGroup(of: Void.self) { group in
            for app in ran { group.addTask { await self.halt(app) } }
        }
        await stopShipping(within: min(Self.sinkTime, max(.zero, end - .now)))
        await endState(until: end)
        let left = instances.values.filter { $0.phase == .running }.map { "\($0.record.name)" }.sorted()
        guard left.isEmpty else {
            throw AgentError("halt", left.joined(separator: ", "), "runs still: see above for the reason")
        }
    }

    private func halt(_ app: String) async {
        let stored = (deployments[app]?.app.volumes ?? []).compactMap { volume in
            volume.storage.map { (name: VolumeName(app: app, name: volume.name), store: $0.store) }
        }
        // Who has them now is who commits them last; nobody has one whose store is not known.
        _ = await until(.now + Self.volumeTime) {
            stored.allSatisfy { volume in
                stores.all[volume.store] == nil || kept[volume.name]?.isHeld == true
                    || users(of: volume.name).isEmpty
            }
        }
        let ran = instances(of: app).filter { $0.phase == .running && $0.record.isRun != true }.map(
            \.record.id
        )
        // One that does not end keeps no other from its own.
        for together in Self.stopOrder(inOrder(instances(of: app), of: app)) {
            await withTaskGroup(of: Void.self) { group in
                for id in together { group.addTask { await self.haltOne(id) } }
            }
        }
        for id in ran where instances[id]?.phase != .running {
            instances[id]?.record.startedAt = nil
            instances[id]?.record.lastStatus = nil
            do { try instances[id]?.record.save(in: folders.records) } catch { tell(.failed, id, "\(error)") }
        }
        // A store that does not answer must not take the time of all else that ends.
        let patience = Task {
            guard (try? await Task.sleep(for: Self.commitTime)) != nil else { return }
            for volume in stored { kept[volume.name]?.held?.callOff() }
        }
        defer { patience.cancel() }
        do { try await releaseVolumes(of: app) } catch { events.append(.failed, app: app, "\(error)") }
        // What could not be committed is on the disk; nobody is left to serve the rest.
        for volume in stored where users(of: volume.name).isEmpty { await unserve(volume.name) }
    }

    private func haltOne(_ id: String) async {
        do { try await stop(id) } catch { tell(.failed, id, "\(error)") }
    }
}
