// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Networks

extension Node {
    /// Listens to the keeper; when it is replaced, connects to the new one and asks what happened meanwhile.
    func watchKeeper() {
        watcher = Task {
            while !Task.isCancelled {
                let watched = keeper
                await compare()
                // Side by side: what is left of one run does not hold up the end of another.
                await withDiscardingTaskGroup { group in
                    for await entry in watched.exits { group.addTask { await self.ended(entry) } }
                }
                guard !Task.isCancelled else { return }
                try? await reconnect(after: watched)  // tried again, as nothing comes from the old one
            }
        }
    }

    /// Brings what we believe in line with what the keeper holds.
    private func compare() async {
        // Looked at first: what starts while the keeper answers is not in its answer.
        let believed = instances.filter { $1.phase == .running || $1.isStarting && $1.pid > 0 }.mapValues(
            \.pid
        )
        let asked = Set(probes.keys)
        guard let entries = try? await keeper.list() else { return }  // gone already: watchKeeper goes on
        let held = Dictionary(entries.map { ($0.id, $0.state) }) { first, _ in first }
        for (id, continuation) in probes where asked.contains(id) && held[id] == nil {
            probes[id] = nil
            continuation.resume(returning: nil)
        }
        for entry in entries {
            if case .exited = entry.state { await ended(entry) }
            // Killed before its release, when its keeper went: no end is told of it.
            if entry.state == .prepared, entry.pid < 0 { try? await keeper.abort(entry.id) }
        }
        for (id, pid) in believed where held[id] == nil && instances[id]?.pid == pid {
            await ended(id, nil)  // its end fell into the gap: the status is unknown
        }
    }

    private func ended(_ entry: Keeper.Entry) async {
        guard case .exited(let status) = entry.state else { return }
        // Told twice, by the list and as it happened: the next run is another process.
        if let instance = instances[entry.id], instance.phase == .running || instance.isStarting,
            entry.pid > 0, entry.pid != instance.pid
        {
            return
        }
        Failpoint.exitSeen.reach()
        remember(status, of: entry)
        Failpoint.exitSaved.reach()
        await acknowledge(entry.id)
        Failpoint.exitAcknowledged.reach()
        if let continuation = probes.removeValue(forKey: entry.id) {
            return continuation.resume(returning: status)
        }
        // An earlier run's end may be told twice around a change of keepers.
        if let pid = instances[entry.id]?.pid, pid > 0, entry.pid > 0, pid != entry.pid { return }
        await ended(entry.id, status)
    }

    /// Writes down how a run ended before the keeper forgets it: an agent that comes after us needs to know.
    private func remember(_ status: Int32?, of entry: Keeper.Entry) {
        guard let instance = instances[entry.id], entry.pid < 0 || entry.pid == instance.pid else { return }
        remember(status, of: entry.id)
    }

    func remember(_ status: Int32?, of id: String) {
        instances[id]?.record.lastStatus = status
        do {
            try instances[id]?.record.save(in: folders.records)
        } catch {
            tell(.failed, id, "\(error)")
        }
    }

    func acknowledge(_ id: String) async {
        do {
            try await ask { try await $0.acknowledge(id) }
        } catch {
            if (error as? ContainerError)?.cause != .errno(ESRCH) { tell(.failed, id, "\(error)") }
        }
    }

    func ended(_ id: String, _ status: Int32?) async {
        if instances[id]?.isStarting == true {
            instances[id]?.earlyEnd = .some(status)
            return
        }
        guard let instance = instances[id], instance.phase == .running else { return }
        for task in instance.tasks + instance.checks { task.cancel() }
        instances[id]?.tasks = []
        instances[id]?.checks = []
        instances[id]?.health = nil
        instances[id]?.illness = nil
        instances[id]?.isEnding = false
        instances[id]?.isPaused = false
        instances[id]?.drift = nil
        instances[id]?.pidfd = nil
        instances[id]?.pid = -1
        var isClean = true
        do {
            try await cleanUp(id)
        } catch {
            isClean = false
            tell(.failed, id, "\(error)")
        }
        Failpoint.exitCleaned.reach()
        instances[id]?.phase = .exited(status)
        instances[id]?.isAdopted = false
        // One whose start an agent before us had not finished is ended by us.
        if !(instance.isAdopted && instance.record.isUnready == true) { noteEnd(id, status) }
        if isClean { tell(.empty, id, "no process is left in its control group") }
        tell(.exited, id, status.map { "exited \($0)" } ?? "exited, status unknown")
        Failpoint.exitTold.reach()
        changed()
        noteEnd(ofUser: id)
        await releaseProcessors(id)
        // One that is asked how it is has to be well for its back-off to begin anew.
        let began = instance.isAdopted ? instance.record.startedAt : nil
        let lived = began.map { .nanoseconds(Timestamp.now() - $0) } ?? (.now - instance.startedAt)
        let ran = instance.health?.wellFor(until: .now) ?? lived
        await restart(id, instance.illness == nil ? status : nil, ran: ran, because: instance.illness)
    }

    /// What is left of a run: its processes, interfaces, control groups and pipes.
    func cleanUp(_ id: String) async throws {
        var first: (any Error)?
        let tree = tree
        do { try await disconnect(id) } catch { first = error }
        Failpoint.interfacesReleased.reach()
        do { try await closeLogs(of: id) } catch { first = first ?? error }
        do { try await closeNotify(id) } catch { first = first ?? error }
        Failpoint.logsClosed.reach()
        let sentry = sentry
        do {
            try await Thread.run {
                sentry.forget(id)
                try Cgroup.remove(id, in: tree, killing: true)
                try tree.endScope(of: id)
                Failpoint.groupRemoved.reach()
            }
        } catch {
            first = first ?? error
        }
        if let first { throw first }
    }
}
