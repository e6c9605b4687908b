// SPDX-License-Identifier: Apache-2.0
internal import Desired

// The end of all that runs while the desired state stays: the machine goes down, or its keeper does.

extension Node {
    /// So long is waited for the volumes of what runs, before it is stopped.
    private static let volumeTime = Duration.seconds(10)
    /// So long may their last commits take.
    private static let commitTime = Duration.seconds(30)
    /// Whoever waits for us kills us soon after this: TimeoutStopSec= of the keeper's unit.
    private static let haltTime = Duration.seconds(80)
    /// So long sinks take the last lines.
    private static let sinkTime = Duration.seconds(5)

    /// Stops every instance, each with its grace: app beside app, in each by falling order of start.
    ///
    /// Volumes that are kept in stores are committed for the last time, sinks get the last lines, and the node's own state
    /// is saved with what they did not take.
    /// Whoever comes next starts what ran; what had ended, or a user had stopped, stays so.
    /// - Throws: The first failure; what can be stopped is.
    func halt() async throws {
        let end = ContinuousClock.now + Self.haltTime
        await takeStateToEnd()
        await resumeVolumes()
        let ran = instances.values.filter { $0.phase == .running }
        for app in Set(ran.map(\.record.app)) { await cancelRollout(app) }
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            for app in Set(ran.map(\.record.app)) { group.addTask { await self.halt(app) } }
            var first: (any Error)?
            for await error in group { first = first ?? error }
            return first
        }
        await stopShipping(within: min(Self.sinkTime, max(.zero, end - .now)))
        await endState(until: end)
        if let failure { throw failure }
    }

    private func halt(_ app: String) async -> (any Error)? {
        let stored = (deployments[app]?.app.volumes ?? []).filter { $0.storage != nil }
            .map { VolumeName(app: app, name: $0.name) }
        // Who has them now is who commits them last.
        _ = await until(.now + Self.volumeTime) {
            stored.allSatisfy { kept[$0]?.isHeld == true || users(of: $0).isEmpty }
        }
        let ran = instances(of: app).filter { $0.phase == .running && $0.record.isRun != true }.map(
            \.record.id
        )
        var failure: (any Error)?
        do { try await stopInOrder(inOrder(instances(of: app), of: app)) } catch { failure = error }
        do {
            for id in ran where instances[id]?.phase != .running {
                instances[id]?.record.startedAt = nil
                instances[id]?.record.lastStatus = nil
                try instances[id]?.record.save(in: folders.records)
            }
        } catch {
            failure = failure ?? error
        }
        // A store that does not answer must not take the time of all else that ends.
        let patience = Task {
            guard (try? await Task.sleep(for: Self.commitTime)) != nil else { return }
            for name in stored { kept[name]?.held?.callOff() }
        }
        defer { patience.cancel() }
        do { try await releaseVolumes(of: app) } catch { failure = failure ?? error }
        // What could not be committed is on the disk; nobody is left to serve the rest.
        for name in stored where users(of: name).isEmpty { await unserve(name) }
        return failure
    }
}
