// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Networks

// What an agent makes of what one before it has left.

extension Node {
    /// Takes over what runs from an agent before us, and clears away what nobody owns; of files only if it `sweeps`.
    func adopt(sweeps: Bool = true) async throws {
        let entries = try await ask { try await $0.list() }
        let held = Dictionary(entries.map { ($0.id, $0) }) { first, _ in first }
        let records = try InstanceRecord.all(in: folders.records)
        for record in records { try adoptScope(of: record) }
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
            // Who ran its hooks is no more: its start has not come to its end, and is to come anew.
            if record.isUnready == true, instance.phase != .running { instance.phase = .created }
            instances[record.id] = instance
            Failpoint.instanceAdopted.reach()
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
                    try await adoptNotify(record.id)
                    if record.isUnready != true { continue }
                    try await abandonStart(record.id)
                case .exited(let status):
                    remember(status, of: record.id)
                    await acknowledge(record.id)
                case .prepared: try? await keeper.abort(record.id)  // it may end by itself first
                case nil: break
                }
                try await cleanUp(record.id)  // and with it the lines that nobody had read
            } catch {
                tell(.failed, record.id, "\(error)")
            }
        }
        await keepServedIDs()
        // A name of a check that the agent before us started must not be used again.
        probeNumber = entries.compactMap { $0.id.split(separator: ".").last.flatMap { Int($0) } }.max() ?? 0
        let known = Set(records.map(\.id))
        for entry in entries where !known.contains(entry.id) {
            if entry.state == .running, let process = try? Descriptor.process(entry.pid) { process.kill() }
            if case .exited = entry.state { await acknowledge(entry.id) }
            if case .prepared = entry.state { try? await keeper.abort(entry.id) }
        }
        Failpoint.strangersGone.reach()
        let owned = Set(
            known.flatMap { id in
                (LogPipes.suffixes + LogPipes.memories).map { "log.\(id).\($0)" }
                    + ["in.\(id)", NotifyPlace.parkedName(id)]
            }
        )
        let prefixes = ["log.", "in.", NotifyPlace.parkedName("")]
        for name in try await keeper.parked() {
            if let app = HostListener.app(ofParked: name) { listening.insert(app) }
            guard prefixes.contains(where: name.hasPrefix), !owned.contains(name) else { continue }
            try await keeper.unpark(name)
        }
        Failpoint.pipesSwept.reach()
        if sweeps { try await sweep(sparing: known) }
        Failpoint.foldersSwept.reach()
    }

    /// Ends a run whose hooks nobody goes on with.
    private func abandonStart(_ id: String) async throws {
        instances[id]?.pidfd?.kill()
        try await thaw(id)
        let deadline = ContinuousClock.now + .seconds(10)
        while try await ask({ try await $0.list() }).contains(where: { $0.id == id && $0.state == .running })
        {
            guard ContinuousClock.now < deadline else {
                throw AgentError("adopt", id, "a process does not die: it hangs in the kernel")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        await acknowledge(id)
        instances[id]?.phase = .created
        instances[id]?.isAdopted = false
        instances[id]?.pidfd = nil
        instances[id]?.pid = -1
        tell(.failed, id, "the agent ended while its hooks ran: it is started anew")
    }

    /// Removes what an agent before us, or one before a reboot, left of instances that are no more.
    private func sweep(sparing known: Set<String>) async throws {
        let tree = tree, layers = folders.instances, snapshots = snapshots
        let records = folders.records
        try await Thread.run {
            try snapshots.sweep(sparing: known)
            try Folders.discardReplacements(in: records)
        }
        try await audit.tidy()
        let left = try await Thread.run {
            let made = try Descriptor.open(layers, O_DIRECTORY | O_RDONLY).entries().map(\.description)
            return (groups: try tree.containers(), layers: Set(made))
        }
        let folders = folders
        try await Thread.run { try NotifyPlace.sweep(sparing: known, in: folders) }
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
