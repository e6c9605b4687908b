// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Linux

// What others do to containers behind our back: limits that are changed, processes that are frozen.

extension Node {
    /// The kernel tells of a write to a group: looked at once, a little later.
    nonisolated func glance(_ id: String) {
        guard settings.drift != .ignore, driftQueue.claim(id) else { return }
        Task {
            try? await Task.sleep(for: .milliseconds(50))  // nobody cancels it
            driftQueue.release(id)
            await examine(id)
        }
    }

    /// Looks at one container after another, in case the kernel did not tell.
    func watchDrift() {
        guard settings.drift != .ignore else { return }
        driftWatcher = Task {
            var last = ""
            while (try? await Task.sleep(for: .seconds(10), tolerance: .seconds(2))) != nil {
                let running = instances.filter { $1.phase == .running }.keys.sorted()
                guard let next = running.first(where: { $0 > last }) ?? running.first else { continue }
                last = next
                await examine(next)
            }
        }
    }

    /// Compares a running container with what was made of it; corrects or tells, as the node's file says.
    private func examine(_ id: String) async {
        guard let instance = instances[id], instance.isOurs, let wanted = instance.record.inForce else {
            return
        }
        let tree = tree
        let found = try? await Thread.run {
            let group = try Cgroup(existing: id, in: tree)
            return (limits: group.limitsInForce(), isFrozen: try group.isFrozen())
        }
        // Gone, or changed by us meanwhile: the next look tells.
        guard let found, let now = instances[id], now.isOurs, now.pid == instance.pid,
            now.touches == instance.touches
        else { return }
        let drift = Drift(
            wanted: wanted,
            found: found.limits,
            isFrozen: found.isFrozen && !now.isPaused
        )
        guard drift != (now.drift ?? Drift(wanted: [:], found: [:], isFrozen: false)) else { return }
        instances[id]?.drift = drift.isEmpty ? nil : drift
        changed()
        if drift.isEmpty { return tell(.corrected, id, "is as it should be again") }
        tell(.drifted, id, drift.summary)
        guard settings.drift == .correct else { return }
        do {
            try await correct(id)
            tell(.corrected, id, drift.fields.joined(separator: ", "))
        } catch {
            tell(.failed, id, "\(error)")
        }
    }

    /// Makes of a container what it was.
    func correct(_ id: String) async throws {
        guard let instance = instances[id], let drift = instance.drift else { return }
        let tree = tree, wanted = instance.record.inForce ?? [:]
        instances[id]?.touches += 1
        defer { instances[id]?.touches += 1 }
        try await Thread.run {
            let group = try Cgroup(existing: id, in: tree)
            if !drift.limits.isEmpty { try group.restore(wanted) }
            if drift.isFrozen { try group.thaw() }
        }
        instances[id]?.drift = nil
        changed()
    }
}

extension Instance {
    /// Nobody of us is changing it right now.
    fileprivate var isOurs: Bool {
        phase == .running && !isStarting && !isBeingCopied && !isEnding && !isStopping
            && touches.isMultiple(of: 2)
    }
}
