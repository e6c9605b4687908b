// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Logs
internal import Plan

extension Node {
    /// Makes an instance's record and folders; nothing runs yet.
    ///
    /// `old` is the container in its place that it will stand beside.
    @discardableResult
    func create(_ name: InstanceName, _ app: App, _ images: [String: Image], beside old: String? = nil) throws
        -> String
    {
        guard let service = app.workload(name.service), let image = images[name.service] else {
            throw AgentError("create", "\(name)", "its service is not in the file")
        }
        let suffix = String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
        let id = "\(name.app)-\(name.service)-\(name.index)-\(suffix)"
        var record = InstanceRecord(
            id: id,
            app: name.app,
            service: name.service,
            index: name.index,
            image: service.image,
            imageDigest: "\(image.digest)",
            replaceKey: app.replaceKey(of: service),
            contents: app.contents(of: service, secrets: [:]),
            dependencies: service.dependencies.map(\.service),
            generation: deployments[name.app]?.generation.number ?? 0,
            limits: service.resources,
            base: service.snapshot
        )
        if app.job(name.service) != nil { record.isRun = true }
        record.restarts = restartsBefore.removeValue(forKey: "\(name)") ?? 0
        if let old {
            record.isWaiting = true
            if let elder = instances[old], elder.service?.ports == service.ports {
                record.hostPorts = elder.record.hostPorts
            }
        }
        if service.userNamespace == .auto {
            record.idSlot = try claimPlace(for: service, of: app)
            Failpoint.idClaimed.reach()
        }
        Failpoint.createDue.reach()
        try record.save(in: folders.records)
        Failpoint.createSaved.reach()
        var instance = Instance(record: record)
        instance.app = app
        instance.service = service
        instance.image = image
        instances[id] = instance
        return id
    }

    /// Starts a created or ended instance: PREPARE, wire the network, RELEASE.
    func launch(_ id: String) async throws {
        guard let instance = instances[id], let service = instance.service, let image = instance.image,
            let app = instance.app ?? deployments[instance.record.app]?.app
        else { throw AgentError("start", id, "it is not known") }
        guard !instance.isRemoving else {
            throw ControlError(
                .conflict,
                "\(instance.record.name)",
                "it is being removed",
                "apply its file again if it is to run"
            )
        }
        guard instance.phase != .running, !instance.isStarting else { return }
        instances[id]?.isStarting = true
        instances[id]?.isStopping = false
        instances[id]?.isLeaving = false
        Failpoint.launchDue.reach()
        instances[id]?.illness = nil
        instances[id]?.isEnding = false
        do {
            try await run(instance.record, service, image, app)
        } catch {
            instances[id]?.isStarting = false
            instances[id]?.earlyEnd = nil
            instances[id]?.phase = .exited(nil)
            await releaseProcessors(id)
            changed()
            throw error
        }
        let failure = await settleIn(id, service)
        instances[id]?.phase = .running
        instances[id]?.startedAt = .now
        instances[id]?.isStarting = false
        Failpoint.launchDone.reach()
        tell(.started, id, "started")
        Failpoint.launchTold.reach()
        // A short life can be over before its RELEASE is answered.
        if let status = instances[id]?.earlyEnd {
            instances[id]?.earlyEnd = nil
            return await ended(id, status)
        }
        if let failure { return try await giveUp(id, failure) }
        startHealth(id)
        watchFlap(id)
        changed()
        publishNames(instance.record.app)
        await spreadProcessors()  // others may have been given theirs meanwhile
    }

    private func run(_ record: InstanceRecord, _ service: Service, _ image: Image, _ app: App) async throws {
        let id = record.id
        try await judge(image, of: record, service)
        instances[id]?.record.startedAt = Timestamp.now()
        instances[id]?.record.lastStatus = nil
        // Written down before its program runs: an agent that comes after us must know that its hooks have not.
        instances[id]?.record.isUnready = service.postStart.isEmpty ? nil : true
        instances[id]?.record.hasStarted = nil
        instances[id]?.record.told = service.notification == nil ? nil : Told()
        try await finishSeal(id)
        try await hold(service, of: app)
        let image = try await grounded(image, instances[id]?.record ?? record)
        try await renewScratch(id)
        let tree = tree
        let limits = try startLimits(record, service)
        if limits.isExclusive {
            instances[id]?.holdsProcessors = true
            await spreadProcessors()
        }
        let processors = processors(of: record, limits)
        var resources = held(Resources(limits))
        resources.processorSet = processors.map { "\($0)" }
        instances[id]?.processors = processors
        let given = try await given(service, app, "\(record.name)")
        var spec = try await spec(for: record, service, image, app, given.map(\.file))
        try note(given, of: id)
        let devices = spec.devices
        let root = spec.writesCgroup ? record.hostIDs ?? 0 : nil
        let threshold = limits.memoryHigh.map { UInt64(clamping: $0.bytes) }
        let hold = try await beginScope(id, resources)
        defer { hold?.release() }
        let (cgroup, inForce) = try await watched(id, memoryHigh: threshold) { [resources] in
            Failpoint.groupDue.reach()
            let cgroup = try Cgroup(id, in: tree, resources: resources, devices: devices)
            Failpoint.groupMade.reach()
            if let root { try cgroup.delegate(to: (root, root)) }
            return (cgroup, cgroup.limitsInForce())
        }
        spec.cgroup = cgroup
        instances[id]?.record.inForce = inForce
        instances[id]?.record.isPaused = nil
        instances[id]?.drift = nil
        Failpoint.logsDue.reach()
        let streams = try await openLogs(
            of: record,
            owner: record.hostIDs ?? 0,
            uid: spec.process.uid,
            secrets: given.compactMap(\.secret)
        )
        Failpoint.logsOpened.reach()
        let program = try LaunchProgram(spec, streams: streams, features: features)
        do {
            let prepared = try await keeper.prepare(id, program)
            Failpoint.launchPrepared.reach()
            instances[id]?.pidfd = prepared.pidfd
            instances[id]?.pid = prepared.pid
            instances[id]?.earlyEnd = nil  // of a run before; one that ends now fails its RELEASE
            hold?.release()
            await registerMachine(id, pid: prepared.pid)
            if let namespace = prepared.exports.first {
                try await connect(id, service, app, namespace: namespace)
                if !service.links.isEmpty { publishNames(app.name) }
            } else {
                try instances[id]?.record.save(in: folders.records)
            }
            Failpoint.launchConnected.reach()
            try await keeper.release(id, program)
            Failpoint.launchReleased.reach()
        } catch {
            // An abort of what never was prepared, or has ended, has nothing to undo. A keeper that died may
            // have released it before.
            try? await ask { try await $0.abort(id) }
            instances[id]?.pidfd?.kill()
            instances[id]?.pidfd = nil
            instances[id]?.pid = -1
            do {
                try await cleanUp(id)
            } catch let second {
                tell(.failed, id, "\(second)")
            }
            throw error
        }
    }

    /// overlayfs refuses a work directory that was used `volatile` before; the written files stay.
    ///
    /// An agent that was killed may have left less than whole folders.
    private func renewScratch(_ id: String) async throws {
        let folder = "\(folders.instances)/\(id)"
        try await Thread.run {
            if access("\(folder)/work", F_OK) == 0 { try Folders.removeTree("\(folder)/work") }
            Failpoint.scratchEmptied.reach()
            for part in ["up", "work"] { _ = try Folders.make("\(folder)/\(part)") }
            Failpoint.scratchMade.reach()
            // It becomes the container's root directory, which every user walks through.
            try check("chmod", "\(folder)/up", chmod("\(folder)/up", 0o755))
            Failpoint.scratchReady.reach()
        }
    }
}
