// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Logs
internal import Plan

extension Node {
    /// Makes an instance's record; nothing runs yet.
    func create(_ name: InstanceName, _ app: App, _ images: [String: Image]) throws {
        guard let service = app.service(name.service), let image = images[name.service] else {
            throw AgentError("create", "\(name)", "its service is not in the file")
        }
        let suffix = String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
        let id = "\(name.app)-\(name.service)-\(name.index)-\(suffix)"
        var record = InstanceRecord(
            id: id, app: name.app, service: name.service, index: name.index, image: service.image,
            imageDigest: "\(image.digest)", replaceKey: app.replaceKey(of: service),
            dependencies: service.dependencies.map(\.service))
        if service.userNamespace == .auto {
            record.idSlot = try ids.claim(excluding: Set(instances.values.compactMap(\.record.idSlot)))
        }
        try record.save(in: folders.records)
        var instance = Instance(record: record)
        instance.service = service
        instance.image = image
        instances[id] = instance
    }

    /// Starts a created or ended instance: PREPARE, wire the network, RELEASE.
    func launch(_ id: String) async throws {
        _ = await until(nil) { instances[id]?.isLaunching != true }
        guard let instance = instances[id], let service = instance.service, let image = instance.image,
            let app = apps[instance.record.app]
        else { throw AgentError("start", id, "it is not known") }
        guard instance.phase != .running else { return }
        instances[id]?.isLaunching = true
        instances[id]?.isStopping = false
        instances[id]?.earlyExit = nil
        defer {
            instances[id]?.isLaunching = false
            changed()
        }
        do {
            try await start(instance.record, service, image, app)
        } catch {
            // An abort of what never was prepared, or has ended, has nothing to undo; what the keeper released
            // without our being told goes by its pidfd.
            try? await keeper.abort(id)
            instances[id]?.pidfd?.kill()
            instances[id]?.pidfd = nil
            instances[id]?.pid = -1
            do { try await cleanUp(id) } catch { tell(.failed, id, "\(error)") }
            instances[id]?.phase = .exited(nil)
            throw error
        }
        instances[id]?.phase = .running
        instances[id]?.startedAt = .now
        tell(.started, id)
        startHealth(id)
        let pid = instances[id]?.pid
        try await publishNames(instance.record.app)
        if let early = instances[id]?.earlyExit, early.pid == pid { await ended(id, early.status) }
    }

    private func start(_ record: InstanceRecord, _ service: Service, _ image: Image, _ app: App) async throws {
        let id = record.id
        try await renewScratch(id)
        let tree = tree
        let resources = Resources(service.resources)
        let cgroup = try await Thread.run { try Cgroup(id, in: tree, resources: resources) }
        var spec = try await spec(for: record, service, image, app)
        spec.cgroup = cgroup
        let streams = try await openLogs(of: record, owner: record.hostIDs ?? 0, uid: spec.process.uid)
        let program = try LaunchProgram(spec, streams: streams, features: features)
        try refuseIfStopping(id)
        let prepared = try await keeper.prepare(id, program)
        instances[id]?.pidfd = prepared.pidfd
        instances[id]?.pid = prepared.pid
        if let namespace = prepared.exports.first { try await connect(id, service, app, namespace: namespace) }
        try refuseIfStopping(id)
        try await keeper.release(id, program)
    }

    private func refuseIfStopping(_ id: String) throws {
        guard let instance = instances[id], !instance.isStopping else {
            throw AgentError("start", id, "it was stopped meanwhile")
        }
    }

    /// overlayfs refuses a work directory that was used `volatile` before; the written files stay. A crash may
    /// have come before any of it was made.
    private func renewScratch(_ id: String) async throws {
        let folder = "\(folders.instances)/\(id)"
        try await Thread.run {
            try Folders.removeTree("\(folder)/work")
            for part in ["up", "work"] { _ = try Folders.make("\(folder)/\(part)") }
            // It becomes the container's root directory, which every user walks through.
            try check("chmod", "\(folder)/up", chmod("\(folder)/up", 0o755))
        }
    }

    /// Asks an instance to stop, kills it after its grace period, and waits for its end.
    func stop(_ id: String) async throws {
        instances[id]?.isStopping = true
        for task in instances[id]?.tasks ?? [] { task.cancel() }
        instances[id]?.tasks = []
        changed()
        if instances[id]?.isLaunching == true {
            try? await keeper.abort(id)  // too late or too early: the start sees that it is not wanted, or runs
            _ = await until(nil) { instances[id]?.isLaunching != true }
        }
        guard let instance = instances[id], instance.phase == .running, let pidfd = instance.pidfd else { return }
        let signal = instance.service?.stopSignal ?? instance.image?.config.stopSignal.flatMap { Signal($0) }
        let grace = instance.service?.stopGracePeriod ?? .seconds(10)
        pidfd.kill(signal?.number ?? SIGTERM)
        if await until(.now + grace, { instances[id]?.phase != .running }) { return }
        pidfd.kill()
        if await until(.now + .seconds(10), { instances[id]?.phase != .running }) { return }
        throw AgentError("stop", "\(instance.record.name)", "a process does not die: it hangs in the kernel")
    }

    /// Removes an instance that does not run: its layer, its claim, its record. Its log stays readable.
    func remove(_ id: String) async throws {
        guard let instance = instances[id], instance.phase != .running, !instance.isLaunching else { return }
        try await cleanUp(id)
        let folder = "\(folders.instances)/\(id)"
        try await Thread.run { try Folders.removeTree(folder) }
        try InstanceRecord.remove(id, from: folders.records)
        if let place = instance.record.idSlot { try ids.release(place) }  // after its last trace
        instances[id] = nil
        changed()
    }
}
