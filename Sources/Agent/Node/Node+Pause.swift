// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Linux
internal import Plan

// Instances that stand still: the kernel's freezer holds their processes, and remembers it for the next agent.

extension Node {
    /// Freezes instances, all or none, until they are resumed or stopped.
    ///
    /// Nothing is asked of their health meanwhile.
    /// - Throws: `ControlError` if there is no such instance, or one does not run.
    public func pause(_ selection: Selection) async throws -> [InstanceStatus] {
        await takeTurn(selection.app)
        defer { endTurn(selection.app) }
        let chosen = try selected(selection)
        for instance in chosen where instance.phase != .running || instance.isStopping {
            throw ControlError(.conflict, "\(instance.record.name)", "it does not run", "see `martlet ps`")
        }
        var frozen: [String] = []
        for instance in chosen where !instance.isPaused {
            let id = instance.record.id
            do {
                try await freeze(id)
                frozen.append(id)
            } catch {
                for other in frozen { try? await thaw(other) }
                throw ControlError(.failed, "\(instance.record.name)", "\(error)")
            }
        }
        return status(of: chosen)
    }

    /// Lets instances run on.
    ///
    /// - Throws: `ControlError` if there is no such instance.
    public func resume(_ selection: Selection) async throws -> [InstanceStatus] {
        let chosen = try selected(selection)
        for instance in chosen {
            try await thaw(instance.record.id)
            if instance.drift?.isFrozen == true { try await correct(instance.record.id) }
        }
        return status(of: chosen)
    }

    private func freeze(_ id: String) async throws {
        // Who froze it for a moment would let it go on.
        _ = await until(nil) { instances[id]?.isBeingCopied != true }
        instances[id]?.isPaused = true
        instances[id]?.pauses += 1
        instances[id]?.touches += 1
        defer { instances[id]?.touches += 1 }
        let tree = tree
        do {
            try keepPause(id, true)
            try await Thread.run { try Cgroup(existing: id, in: tree).freeze() }
        } catch {
            instances[id]?.isPaused = false
            try? keepPause(id, nil)  // the failure before is told
            throw error
        }
        tell(.paused, id, "its processes stand still")
        changed()
    }

    /// Lets an instance run on if it is paused.
    func thaw(_ id: String) async throws {
        guard instances[id]?.isPaused == true else { return }
        _ = await until(nil) { instances[id]?.isBeingCopied != true }
        let tree = tree
        instances[id]?.touches += 1
        defer { instances[id]?.touches += 1 }
        try await Thread.run { try Cgroup(existing: id, in: tree).thaw() }
        try keepPause(id, nil)
        guard instances[id]?.isPaused == true else { return }
        instances[id]?.isPaused = false
        tell(.resumed, id, "its processes run on")
        changed()
    }

    /// An agent that comes after us is to know whose pause it is.
    private func keepPause(_ id: String, _ isPaused: Bool?) throws {
        guard instances[id]?.record.isPaused != isPaused else { return }
        instances[id]?.record.isPaused = isPaused
        try instances[id]?.record.save(in: folders.records)
    }
}
