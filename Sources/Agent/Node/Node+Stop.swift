// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux

// How an instance ends, and goes.

extension Node {
    /// Asks an instance to stop, kills it after its grace period, and waits for its end.
    func stop(_ id: String) async throws {
        instances[id]?.isStopping = true
        // A start that hangs ends with its stage; one that is further on is stopped like any other.
        if instances[id]?.isStarting == true {
            instances[id]?.hook?.kill()
            callOffVolumes(of: id)
            try? await keeper.abort(id)
        }
        guard await until(.now + .seconds(60), { instances[id]?.isStarting != true }) else {
            throw AgentError("stop", id, "its start does not end: it hangs in the kernel")
        }
        guard let instance = instances[id] else { return }
        instances[id]?.isStopping = true
        for task in instance.tasks + instance.checks { task.cancel() }
        instances[id]?.tasks = []
        instances[id]?.checks = []
        guard instance.phase == .running else { return }
        if !instance.isLeaving {
            Failpoint.stopDue.reach()
            await retire(id)
            Failpoint.stopRetired.reach()
            await drain(id, instance.service?.drain)
        }
        Failpoint.stopDrained.reach()
        try await end(id)
    }

    /// Runs what is to be run before the end, asks for it, and kills what is still there after its grace period.
    func end(_ id: String) async throws {
        guard let instance = instances[id] else { return }
        guard let pidfd = instance.pidfd else {
            // One that ended by itself is still being cleaned up.
            guard await until(.now + .seconds(60), { instances[id]?.phase != .running }) else {
                throw AgentError(
                    "stop",
                    "\(instance.record.name)",
                    "what it used is not given back: see the log"
                )
            }
            return
        }
        if instance.isEnding {
            // Who asks a second time waits for the same end.
            let patience = (instance.service?.stopGracePeriod ?? .seconds(10)) + .seconds(10)
            if await until(.now + patience, { instances[id]?.phase != .running }) { return }
            throw Self.hangs(instance)
        }
        instances[id]?.isEnding = true
        defer { instances[id]?.isEnding = false }
        let given = instance.service?.stopSignal ?? instance.image?.config.stopSignal.flatMap { Signal($0) }
        let signal = given ?? (instance.service?.runsSystemd == true ? Self.haltsSystemd : nil)
        try await thaw(id)  // or it could not answer
        if instance.drift?.isFrozen == true { try await correct(id) }
        let deadline = ContinuousClock.now + (instance.service?.stopGracePeriod ?? .seconds(10))
        await prepareEnd(id, until: deadline)
        Failpoint.endDue.reach()
        pidfd.kill(signal?.number ?? SIGTERM)
        Failpoint.endAsked.reach()
        if await until(deadline, { instances[id]?.phase != .running }) { return }
        pidfd.kill()
        if await until(.now + .seconds(10), { instances[id]?.phase != .running }) { return }
        throw Self.hangs(instance)
    }

    private static func hangs(_ instance: Instance) -> AgentError {
        AgentError("stop", "\(instance.record.name)", "a process does not die: it hangs in the kernel")
    }

    /// Removes an instance that does not run: its layer, its claim, its record.
    ///
    /// Its log stays readable. Nothing starts it from here on; who asks a second time waits for the same end.
    func remove(_ id: String) async throws {
        _ = await until(nil) { instances[id]?.isRemoving != true }
        instances[id]?.isRemoving = true
        defer {
            instances[id]?.isRemoving = false
            changed()
        }
        try await stop(id)  // a restart may have been faster than the plan
        guard let instance = instances[id] else { return }
        Failpoint.removeStopped.reach()
        try await cleanUp(id)
        Failpoint.removeCleaned.reach()
        let folder = "\(folders.instances)/\(id)"
        try await Thread.run { if access(folder, F_OK) == 0 { try Folders.removeTree(folder) } }
        Failpoint.layerRemoved.reach()
        try InstanceRecord.remove(id, from: folders.records)
        Failpoint.recordRemoved.reach()
        try releasePlace(of: instance.record)  // after its last trace
        tree.place(id, in: nil)
        Failpoint.idReleased.reach()
        instances[id] = nil
    }
}
