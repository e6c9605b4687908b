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
                for await entry in keeper.exits { await ended(entry) }
                guard !Task.isCancelled, let next = try? await Self.connect(folders) else { continue }
                keeper = next
                await compare()
            }
        }
    }

    /// Brings what we believe in line with what the keeper holds.
    private func compare() async {
        guard let entries = try? await keeper.list() else { return }  // gone again: watchKeeper goes on
        let held = Dictionary(entries.map { ($0.id, $0.state) }) { first, _ in first }
        for (id, continuation) in probes where held[id] == nil {
            probes[id] = nil
            continuation.resume(returning: nil)
        }
        for entry in entries {
            if case .exited = entry.state { await ended(entry) }
        }
        for (id, instance) in instances where instance.phase == .running && held[id] == nil {
            await ended(id, nil)  // its end fell into the gap: the status is unknown
        }
    }

    private func ended(_ entry: Keeper.Entry) async {
        guard case .exited(let status) = entry.state else { return }
        await acknowledge(entry.id)
        if let continuation = probes.removeValue(forKey: entry.id) { return continuation.resume(returning: status) }
        guard let instance = instances[entry.id] else { return }
        if instance.phase != .running, instance.isLaunching {
            instances[entry.id]?.earlyExit = (entry.pid, status)
        } else if entry.pid < 0 || instance.pid < 0 || entry.pid == instance.pid {
            await ended(entry.id, status)
        }  // else it was an earlier run, told twice around a change of keepers
    }

    private func acknowledge(_ id: String) async {
        do {
            try await keeper.acknowledge(id)
        } catch {
            if (error as? ContainerError)?.cause != .errno(ESRCH) { tell(.failed, id, "\(error)") }
        }
    }

    func ended(_ id: String, _ status: Int32?) async {
        guard let instance = instances[id], instance.phase == .running else { return }
        for task in instance.tasks { task.cancel() }
        instances[id]?.tasks = []
        instances[id]?.health = nil
        instances[id]?.pidfd = nil
        instances[id]?.pid = -1
        do {
            try await cleanUp(id)
        } catch {
            tell(.failed, id, "\(error)")
        }
        instances[id]?.phase = .exited(status)
        tell(.exited(status), id)
        changed()
        await restart(id, status, ran: .now - instance.startedAt)
    }

    private func restart(_ id: String, _ status: Int32?, ran: Duration) async {
        guard let instance = instances[id], !instance.isStopping, let policy = instance.service?.restart,
            let delay = instances[id]?.backoff.delay(policy: policy, status: status, ran: ran)
        else { return }
        tell(.restarting(delay), id)
        let task = Task {
            guard (try? await Task.sleep(for: delay)) != nil else { return }  // stopped meanwhile
            await self.restartNow(id)
        }
        instances[id]?.tasks.append(task)
    }

    private func restartNow(_ id: String) async {
        guard let instance = instances[id], !instance.isStopping, !instance.isLaunching, instance.phase != .running
        else { return }
        instances[id]?.record.restarts += 1
        do {
            try await launch(id)
        } catch {
            tell(.failed, id, "\(error)")
            await restart(id, nil, ran: .zero)
        }
    }

    /// What is left of a run: its processes, interfaces, control groups and pipes.
    func cleanUp(_ id: String) async throws {
        try await disconnect(id)
        try await closeLogs(of: id)
        let tree = tree
        try await Thread.run { try Cgroup.remove(id, in: tree, killing: true) }
    }

    // MARK: Adoption

    /// Takes over what runs from an agent before us, and clears away what nobody owns.
    func adopt() async throws {
        let entries = try await keeper.list()
        let held = Dictionary(entries.map { ($0.id, $0) }) { first, _ in first }
        let records = try InstanceRecord.all(in: folders.records)
        let networks = networks
        let present = try await Thread.run { try networks.list() }
        for network in present { try await serveNames(network) }
        let parked = Set(try await keeper.parked())
        for record in records {
            var instance = Instance(record: record)
            for network in present {
                for attachment in network.attachments where attachment.instance == record.id {
                    instance.attachments.append((network, attachment))
                }
            }
            if let place = record.idSlot, !ids.keep(place) {
                tell(.failed, record.id, "its ids are also another agent's: start it anew")
            }
            instance.phase = .exited(nil)
            if let entry = held[record.id] {
                switch entry.state {
                case .running:
                    instance.phase = .running
                    instance.pid = entry.pid
                    instance.pidfd = try? Descriptor.process(entry.pid)
                case .exited(let status): instance.phase = .exited(status)
                case .prepared: try? await keeper.abort(record.id)  // nobody will release it
                }
            }
            instances[record.id] = instance
            // One container's trouble is not the node's.
            do {
                if parked.contains("log.\(record.id).out") { try await adoptLogs(of: record) }
                if instance.phase != .running { try await cleanUp(record.id) }
            } catch {
                tell(.failed, record.id, "\(error)")
            }
            if case .exited = held[record.id]?.state { await acknowledge(record.id) }
        }
        let known = Set(records.map(\.id))
        for entry in entries where !known.contains(entry.id) {
            switch entry.state {
            case .running: if let process = try? Descriptor.process(entry.pid) { process.kill() }
            case .prepared: try? await keeper.abort(entry.id)
            case .exited: await acknowledge(entry.id)
            }
        }
        let ours = Set(known.flatMap { id in LogPipes.suffixes.map { "log.\(id).\($0)" } })
        for name in parked where name.hasPrefix("log.") && !ours.contains(name) { try await keeper.unpark(name) }
        let tree = tree
        for id in try tree.containers() where !known.contains(id) {
            do {
                try await Thread.run { try Cgroup.remove(id, in: tree, killing: true) }
            } catch {
                tell(.failed, id, "\(error)")
            }
        }
        for app in Set(records.map(\.app)) { try await publishNames(app) }
    }
}
