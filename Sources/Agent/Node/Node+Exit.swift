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
        remember(status, of: entry)
        await acknowledge(entry.id)
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
        instances[entry.id]?.record.lastStatus = status
        do {
            try instances[entry.id]?.record.save(in: folders.records)
        } catch {
            tell(.failed, entry.id, "\(error)")
        }
    }

    private func acknowledge(_ id: String) async {
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
        instances[id]?.phase = .exited(status)
        instances[id]?.isAdopted = false
        // One whose start an agent before us had not finished is ended by us.
        if !(instance.isAdopted && instance.record.isUnready == true) { noteEnd(id, status) }
        if isClean { tell(.empty, id, "no process is left in its control group") }
        tell(.exited, id, status.map { "exited \($0)" } ?? "exited, status unknown")
        changed()
        await releaseProcessors(id)
        // One that is asked how it is has to be well for its back-off to begin anew.
        let ran = instance.health?.wellFor(until: .now) ?? (.now - instance.startedAt)
        await restart(id, instance.illness == nil ? status : nil, ran: ran, because: instance.illness)
    }

    /// What is left of a run: its processes, interfaces, control groups and pipes.
    func cleanUp(_ id: String) async throws {
        var first: (any Error)?
        let tree = tree
        do { try await disconnect(id) } catch { first = error }
        do { try await closeLogs(of: id) } catch { first = first ?? error }
        let sentry = sentry
        do {
            try await Thread.run {
                sentry.forget(id)
                try Cgroup.remove(id, in: tree, killing: true)
            }
        } catch {
            first = first ?? error
        }
        if let first { throw first }
    }

    // MARK: Adoption

    /// Takes over what runs from an agent before us, and clears away what nobody owns.
    func adopt() async throws {
        let entries = try await ask { try await $0.list() }
        let held = Dictionary(entries.map { ($0.id, $0) }) { first, _ in first }
        let records = try InstanceRecord.all(in: folders.records)
        let networks = networks
        let tree = tree
        let (present, groups) = try await Thread.run {
            let groups = records.filter { held[$0.id]?.state == .running }.compactMap { record in
                (try? Cgroup(existing: record.id, in: tree)).map {
                    (record.id, (isFrozen: (try? $0.isFrozen()) == true, processors: $0.processors))
                }
            }
            return (try networks.list(), Dictionary(groups) { first, _ in first })
        }
        for record in records {
            var instance = Instance(record: record)
            switch held[record.id]?.state {
            case .running:
                instance.phase = .running
                instance.isAdopted = true
                instance.isPaused = groups[record.id]?.isFrozen == true && record.isPaused == true
                instance.processors = groups[record.id]?.processors
                instance.holdsProcessors = record.limits?.isExclusive == true
                instance.pid = held[record.id]?.pid ?? -1
                instance.pidfd = try? Descriptor.process(instance.pid)
            case .exited(let status): instance.phase = .exited(status)
            case .prepared: instance.phase = .created  // its program never ran
            case nil: instance.phase = record.startedAt == nil ? .created : .exited(record.lastStatus)
            }
            for network in present {
                for attachment in network.attachments where attachment.instance == record.id {
                    instance.attachments.append((network, attachment))
                }
            }
            instances[record.id] = instance
            if instance.phase == .running { tell(.adopted, record.id, "runs still, pid \(instance.pid)") }
            if let place = record.idSlot, !ids.keep(place) {
                tell(.failed, record.id, "its ids are another agent's as well: start it anew")
            }
            // The trouble of one container is not the node's.
            do {
                try await adoptLogs(of: record)
                switch held[record.id]?.state {
                case .running:
                    let high = record.limits?.memoryHigh.map { UInt64(clamping: $0.bytes) }
                    try await watched(record.id, memoryHigh: high) {}
                    // Who ran its hooks is no more, so its start has failed: it is started again by its policy.
                    if record.isUnready == true {
                        instances[record.id]?.pidfd?.kill()
                        try await thaw(record.id)
                    }
                    continue
                case .exited: await acknowledge(record.id)
                case .prepared: try? await keeper.abort(record.id)  // it may end by itself first
                case nil: break
                }
                try await cleanUp(record.id)  // and with it the lines that nobody had read
            } catch {
                tell(.failed, record.id, "\(error)")
            }
        }
        // A name of a check that the agent before us started must not be used again.
        probeNumber = entries.compactMap { $0.id.split(separator: ".").last.flatMap { Int($0) } }.max() ?? 0
        let known = Set(records.map(\.id))
        for entry in entries where !known.contains(entry.id) {
            if entry.state == .running, let process = try? Descriptor.process(entry.pid) { process.kill() }
            if case .exited = entry.state { await acknowledge(entry.id) }
            if case .prepared = entry.state { try? await keeper.abort(entry.id) }
        }
        let owned = Set(known.flatMap { id in LogPipes.suffixes.map { "log.\(id).\($0)" } + ["in.\(id)"] })
        for name in try await keeper.parked() where name.hasPrefix("log.") || name.hasPrefix("in.") {
            if !owned.contains(name) { try await keeper.unpark(name) }
        }
        try await sweep(sparing: known)
    }

    /// Removes what an agent before us, or one before a reboot, left of instances that are no more.
    private func sweep(sparing known: Set<String>) async throws {
        let tree = tree, layers = folders.instances, snapshots = snapshots
        try await Thread.run { try snapshots.sweep(sparing: known) }
        let left = try await Thread.run {
            let made = try Descriptor.open(layers, O_DIRECTORY | O_RDONLY).entries().map(\.description)
            return (groups: try tree.containers(), layers: Set(made))
        }
        for id in left.groups.union(left.layers).subtracting(known).sorted() {
            do {
                try await Thread.run {
                    if left.groups.contains(id) { try Cgroup.remove(id, in: tree, killing: true) }
                    if left.layers.contains(id) { try Folders.removeTree("\(layers)/\(id)") }
                }
            } catch {
                tell(.failed, id, "\(error)")
            }
        }
    }
}
