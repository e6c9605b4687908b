// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Desired
internal import Glibc
internal import Linux
internal import Plan

// What instances have written, kept as layers for others to stand on (docs/decisions/0011-snapshots-of-the-writable-layer.md).

extension Node {
    /// What is copied at most while an instance stands still, unless a copy was asked for.
    private static let littleEnough: Int64 = 64 << 20

    /// Keeps what one instance has written to its root as a snapshot.
    ///
    /// - Parameters:
    ///   - selection: Exactly one instance.
    ///   - name: The snapshot's; nil makes one of the instance's and the time.
    ///   - mode: What may happen to it if it runs; one that does not run is never copied.
    /// - Returns: The snapshot.
    /// - Throws: `ControlError` if there is no such instance or several, the name is taken, or it cannot be done so.
    public func snapshot(_ selection: Selection, name: String? = nil, mode: SnapshotMode = .live) async throws
        -> SnapshotStatus
    {
        await takeTurn(selection.app)
        defer { endTurn(selection.app) }
        let chosen = try selected(selection)
        if chosen.count == 1 { try await finishSeal(chosen[0].record.id) }
        guard chosen.count == 1, let record = instances[chosen[0].record.id]?.record else {
            let what = "\(chosen.count) instances are meant, a snapshot is of one"
            throw ControlError(.invalid, selection.app, what, "write APP/SERVICE/N")
        }
        let now = Timestamp.now()
        let stamp = Timestamp.text(now).filter { $0.isASCII && ($0.isNumber || $0 == "T") }.prefix(15)
        let name = name ?? "\(record.app)-\(record.service)-\(record.index)-\(stamp)"
        let store = snapshots
        if try await Thread.run({ try store.find(name) }) != nil {
            throw ControlError(.conflict, "snapshot \(name)", "there is one", "choose another name")
        }
        let snapshot = Snapshot(
            name: name,
            app: record.app,
            service: record.service,
            instance: record.index,
            image: record.image,
            imageDigest: record.imageDigest,
            parent: record.base,
            takenAt: now,
            boot: SnapshotStore.boot
        )
        if let base = record.base { _ = try await Thread.run { try store.layers(of: base) } }  // not too many
        if instances[record.id]?.phase != .running {
            try await seal(record.id, snapshot)
        } else if mode == .restart {
            try await stop(record.id)
            do {
                try await seal(record.id, snapshot)
            } catch {
                try? await launch(record.id)  // the first failure is told
                throw error
            }
            try await launch(record.id)
        } else {
            try await copy(record, snapshot, mode)
        }
        tell(.snapshot, record.id, "snapshot \(name) was taken")
        settle(snapshot)
        return status(of: snapshot)
    }

    /// Brings a snapshot to the disk while everything goes on.
    private func settle(_ snapshot: Snapshot) {
        let store = snapshots
        settling[snapshot.name] = Task {
            // What fails leaves it as it is: to be used in this boot alone.
            try? await Thread.run { try store.settle(snapshot) }
            settling[snapshot.name] = nil
        }
    }

    /// Goes on with bringing to the disk what an agent before us has not.
    func settleSnapshots() async {
        let store = snapshots
        let all = (try? await Thread.run { try store.all() }) ?? []
        for snapshot in all where snapshot.boot != nil && snapshot.boot == SnapshotStore.boot {
            settle(snapshot)
        }
    }

    /// Every snapshot, by name.
    public func snapshotStatus() async throws -> [SnapshotStatus] {
        let store = snapshots
        return try await Thread.run { try store.all() }.map(status)
    }

    /// Removes a snapshot that nothing stands on.
    ///
    /// - Throws: `ControlError` if there is none of that name, or it is in use.
    @discardableResult
    public func removeSnapshot(_ name: String) async throws -> SnapshotStatus {
        await takeTurn(Self.snapshotTurn)
        defer { endTurn(Self.snapshotTurn) }
        let store = snapshots
        await settling[name]?.value
        // Before what is on the disk is read: an instance that goes on to stand on another has published that by then.
        let before = user(ofSnapshot: name)
        let all = try await Thread.run {
            _ = try store.find(name); return try store.all()
        }
        guard let snapshot = all.first(where: { $0.name == name }) else {
            throw ControlError(.absent, "snapshot \(name)", "there is none", "see `martlet snapshot list`")
        }
        let above = all.first { $0.parent == name }.map { "snapshot \($0.name)" }
        if let user = above ?? before ?? user(ofSnapshot: name) {
            throw ControlError(.conflict, "snapshot \(name)", "\(user) stands on it", "remove that first")
        }
        try await Thread.run { try store.remove(name) }
        return status(of: snapshot)
    }

    /// An instance that stands on a snapshot, or is to; nil if there is none.
    private func user(ofSnapshot name: String) -> String? {
        instances.values.first { $0.record.base == name || $0.record.sealing?.parent == name }.map {
            "\($0.record.name)"
        }
            ?? deployments.values.lazy.compactMap { deployment in
                deployment.app.workloads.first { $0.snapshot == name }.map {
                    "\(deployment.app.name)/\($0.name)"
                }
            }.first
    }

    private func status(of snapshot: Snapshot) -> SnapshotStatus {
        SnapshotStatus(
            name: snapshot.name,
            app: snapshot.app,
            service: snapshot.service,
            instance: snapshot.instance,
            image: snapshot.image,
            digest: snapshot.imageDigest,
            parent: snapshot.parent,
            takenAt: Timestamp.text(snapshot.takenAt),
            isUsable: snapshot.boot == nil || snapshot.boot == SnapshotStore.boot
        )
    }

    /// No app has such a name.
    private static let snapshotTurn = "/snapshots"

    // MARK: Taking one

    /// The writable layer of an instance that stands still becomes the snapshot, and the instance stands on that
    /// from now on: one rename, and no content is touched.
    private func seal(_ id: String, _ snapshot: Snapshot) async throws {
        guard instances[id]?.phase != .running, instances[id]?.isStarting == false else {
            throw AgentError("snapshot", id, "it was started meanwhile: try again")
        }
        // Whoever comes after a crash goes on: it can be done again from any point.
        instances[id]?.record.sealing = snapshot
        try instances[id]?.record.save(in: folders.records)
        try await finishSeal(id)
    }

    /// Goes on with what a crash has cut short; does nothing if there is nothing.
    func finishSeal(_ id: String) async throws {
        guard let record = instances[id]?.record, let snapshot = record.sealing else { return }
        let (store, up) = (snapshots, "\(folders.instances)/\(id)/up")
        let users = record.hostIDs
        try await Thread.run {
            if try store.find(snapshot.name) != snapshot {
                let desk = try store.desk(of: id)
                let tree = "\(desk)/tree"
                if access(tree, F_OK) < 0 {
                    // One that never ran has none.
                    if rename(up, tree) < 0 {
                        let cause = errno
                        guard cause == ENOENT else { throw LinuxError("rename", up, errno: cause) }
                        try check("mkdir", tree, mkdir(tree, 0o755))
                    }
                }
                try LayerTransfer(users: users).adopt(try Descriptor.open(tree, O_DIRECTORY | O_RDONLY))
                try store.publish(snapshot, from: desk)
            }
        }
        instances[id]?.record.base = snapshot.name
        instances[id]?.record.sealing = nil
        try instances[id]?.record.save(in: folders.records)
    }

    private func copy(_ record: InstanceRecord, _ snapshot: Snapshot, _ mode: SnapshotMode) async throws {
        let (store, up, tree) = (snapshots, "\(folders.instances)/\(record.id)/up", tree)
        let (users, isPaused) = (record.hostIDs, instances[record.id]?.isPaused == true)
        _ = await until(nil) { instances[record.id]?.isBeingCopied != true }
        // Nobody lets it go on meanwhile, and what its health check was asked meanwhile tells nothing.
        instances[record.id]?.isBeingCopied = true
        instances[record.id]?.pauses += 1
        defer {
            instances[record.id]?.isBeingCopied = false
            instances[record.id]?.pauses += 1
            changed()
        }
        let content: LayerTransfer.Content = mode == .copy ? .copied : .shared(orCopied: Self.littleEnough)
        do {
            try await Thread.run {
                let desk = try store.scratch()
                do {
                    try check("mkdir", desk, mkdir("\(desk)/tree", 0o700))
                    let target = try Descriptor.open("\(desk)/tree", O_DIRECTORY | O_RDONLY)
                    let source = try Descriptor.open(up, O_DIRECTORY | O_RDONLY | O_NOFOLLOW)
                    let group = try Cgroup(existing: record.id, in: tree)
                    if !isPaused { try group.freeze() }
                    defer { if !isPaused { try? group.thaw() } }
                    try LayerTransfer(users: users).copy(source, into: target, content)
                    try store.publish(snapshot, from: desk)
                } catch {
                    try? Folders.removeTree(desk)
                    throw error
                }
            }
        } catch is SnapshotRefusal {
            throw ControlError(
                .conflict,
                "\(record.name)",
                "more than 64 MiB would have to be copied while it stands still: the file system of "
                    + "\(folders.state) cannot share what it holds",
                "stop it first, use --restart or --copy, or put the folder on XFS or btrfs"
            )
        }
    }
}
