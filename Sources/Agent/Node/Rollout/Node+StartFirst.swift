// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images
internal import Linux
internal import Plan

// A new container beside the old one: it becomes ready first, then ports and names move to it, and the old one has
// time to answer what it was asked.

extension Node {
    /// How long the old one has unless the file says otherwise.
    private static let usualDrain = Duration.seconds(5)

    func startBeside(_ name: InstanceName, _ old: String, _ app: App, _ images: [String: Image]) async throws
    {
        let id = try successor(of: name, in: app) ?? create(name, app, images, beside: old)
        Failpoint.successorMade.reach()
        try await start(id)
        Failpoint.successorStarted.reach()
    }

    /// Lets the new container serve once it is ready, and then the one of this id go.
    ///
    /// Until that moment the old one is not touched. False if a user stopped the place meanwhile: there is no new
    /// container then.
    func takeOver(_ name: InstanceName, from old: String, in app: App) async throws -> Bool {
        guard let id = successor(of: name, in: app) else {
            if isStopped(name) { return false }
            throw AgentError("switch", "\(name)", "its new container is gone: apply again")
        }
        try await enduring(app) {
            guard deployments[app.name]?.watched?.skipped.contains(where: { $0.id == id }) != true else {
                return
            }
            try await awaitReady(app.name) { $0.record.id == id }
            try await watchOver(app.name, for: trial(of: id))
            guard instances[id]?.isReady == true || isStopped(name) else {
                throw AgentError("switch", "\(name)", "its new container has ended: see its log")
            }
        }
        if deployments[app.name]?.watched?.skipped.contains(where: { $0.id == id }) == true {
            try await remove(id)  // the old one goes on
            return true
        }
        if isStopped(name) {
            try await remove(id)
            return false
        }
        Failpoint.successorReady.reach()
        let lock = try await lock(old)
        defer { withExtendedLifetime(lock) {} }
        // First the new one, on record: an agent that comes after us finds both serving, and lets the old one go.
        try await exchange(old, for: id, in: app.name)
        Failpoint.successorNamed.reach()
        tell(.switched, id, "serves from here on")
        await drain(old, instances[old]?.service?.drain ?? Self.usualDrain)
        Failpoint.elderDrained.reach()
        try await stop(old)
        Failpoint.elderStopped.reach()
        try await remove(old)
        Failpoint.elderRemoved.reach()
        return true
    }

    /// Moves ports and names from one container to another, or leaves all as it was.
    private func exchange(_ old: String, for new: String, in app: String) async throws {
        instances[new]?.record.isWaiting = nil
        try instances[new]?.record.save(in: folders.records)
        Failpoint.successorSaved.reach()
        instances[old]?.isLeaving = true
        do {
            try await republishPorts(app)
        } catch {
            instances[new]?.record.isWaiting = true
            try instances[new]?.record.save(in: folders.records)
            instances[old]?.isLeaving = false
            try await republishPorts(app)
            guard let record = instances[new]?.record else { throw error }
            throw RolloutFailure(record, because: error)
        }
        Failpoint.successorPublished.reach()
        publishNames(app)
    }

    /// The container that waits to take a place, made as the file says.
    private func successor(of name: InstanceName, in app: App) -> String? {
        guard let service = app.service(name.service) else { return nil }
        return instances.values.first {
            $0.record.name == name && $0.record.isWaiting == true && $0.record.isMade(by: service, of: app)
        }?.record.id
    }

    /// Takes an instance out of ports and names; what it was asked already it may still answer.
    func retire(_ id: String) async {
        guard let instance = instances[id], !instance.isLeaving else { return }
        instances[id]?.isLeaving = true
        publishNames(instance.record.app)
        do {
            try await republishPorts(instance.record.app)
        } catch {
            tell(.failed, id, "\(error)")  // its end takes them back all the same
        }
    }

    /// Waits for the connections of an instance that is asked nothing new any more.
    func drain(_ id: String, _ wait: Duration?) async {
        guard let wait, wait > .zero else { return }
        _ = await until(.now + wait) { instances[id]?.phase != .running }
    }

    /// One whose elder is gone has the place for itself.
    func promote(_ app: String) throws {
        let all = instances(of: app)
        for instance in all where instance.record.isWaiting == true {
            let id = instance.record.id
            let isAlone = !all.contains { $0.record.name == instance.record.name && $0.record.id != id }
            guard isAlone else { continue }
            instances[id]?.record.isWaiting = nil
            try instances[id]?.record.save(in: folders.records)
        }
    }
}

extension Instance {
    /// Ports and names lead to it.
    var isServing: Bool { record.isWaiting != true && !isLeaving }

    /// Whether a name leads to it: not before its checks have shown that it is well, and not when they say it is not.
    ///
    /// What was taken over from an agent before us, or is asked something else from now on, was well until shown
    /// otherwise.
    var isNamed: Bool {
        guard phase == .running, isServing else { return false }
        guard let health else { return !isChecked || isAdopted }
        return health.isReady || health.isPresumed && !health.isUnready
    }

    /// Whether ports lead to it: where the agent asks by itself, as names do.
    var isPublished: Bool {
        let probes = service?.probes
        let isAsked = probes?.startup != nil || probes?.readiness != nil || notification != nil
        return isServing && (!isAsked || isNamed)
    }
}
