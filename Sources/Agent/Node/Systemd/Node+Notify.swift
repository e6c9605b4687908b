// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Linux
internal import Probes

// What containers tell of themselves by sd_notify(3), where their file asks them to.
//
// The socket is parked with the keeper: what is said while no agent is there waits in it, as far as the kernel lets it
// (net.unix.max_dgram_qlen), and is heard by the next one.

extension Node {
    /// Makes the socket of an instance for the run that begins; the folder, to be mounted.
    func openNotify(_ id: String) async throws -> Descriptor {
        instances[id]?.notify?.stop()
        instances[id]?.notify = nil
        let place = NotifyPlace(id, in: folders)
        let made = try await Thread.run { try place.make() }
        try await ask { try await $0.park(NotifyPlace.parkedName(id), made.socket) }
        try hear(id, made.socket)
        return made.folder
    }

    /// Hears an instance again that an agent before us has started.
    ///
    /// A socket that is lost, with the keeper, is made anew where the container looks for it.
    func adoptNotify(_ id: String) async throws {
        guard instances[id]?.record.told != nil else { return }
        if instances[id]?.record.told?.isStopping == true { instances[id]?.isLeaving = true }
        if let parked = try await ask({ try await $0.take(NotifyPlace.parkedName(id)) }) {
            return try hear(id, parked)
        }
        _ = try await openNotify(id)
    }

    private func hear(_ id: String, _ socket: Descriptor) throws {
        let known = instances[id]?.record.told ?? Told()
        let listener = try NotifyListener(socket, known: known) { [weak self] listener in
            guard let self else { return }
            // It waits for nobody: what it hears meanwhile is told by the next one.
            Task { await self.heard(id, listener) }
        }
        instances[id]?.notify = listener
    }

    /// Lets go of the socket of a run that has ended.
    func closeNotify(_ id: String) async throws {
        guard instances[id]?.record.told != nil else { return }
        instances[id]?.notify?.stop()
        instances[id]?.notify = nil
        try await ask { try await $0.unpark(NotifyPlace.parkedName(id)) }
        let place = NotifyPlace(id, in: folders)
        try await Thread.run { try place.remove() }
    }

    /// There is news of an instance.
    private func heard(_ id: String, _ listener: NotifyListener) async {
        guard let instance = instances[id], instance.notify === listener, let before = instance.record.told
        else { return }
        let hearing = listener.hearing, told = hearing.told
        if hearing.isIll, instance.notification?.watchdog != nil {
            await note(id, .notify, .failure("it says that it is not well"))
        }
        guard told != before else { return }
        instances[id]?.record.told = told
        do {
            try instances[id]?.record.save(in: folders.records)
        } catch {
            tell(.failed, id, "\(error)")
        }
        changed()
        if told.isReady, !before.isReady { await becameReady(id) }
        // Nothing new is asked of it.
        if told.isStopping, !before.isStopping { await retire(id) }
    }

    /// It has said that it is ready: what else is asked of it is asked from here on.
    private func becameReady(_ id: String) async {
        // While it is being started nothing is asked yet.
        guard instances[id]?.phase == .running, instances[id]?.health?.standings[.notify] != nil else {
            return
        }
        askOthers(id)
        await note(id, .notify, .success)
    }

    /// Looks after the signs of life of an instance that has said that it is ready.
    func watchLife(_ id: String, every usual: Duration) async {
        var begin = ContinuousClock.now
        var pauses = instances[id]?.pauses
        while let instance = instances[id], instance.phase == .running, let listener = instance.notify {
            let hearing = listener.hearing
            let period = hearing.watchdog ?? usual
            // What was frozen said nothing, and who ends need not.
            if instance.isFrozen || instance.pauses != pauses || hearing.told.isStopping {
                (begin, pauses) = (.now, instance.pauses)
            }
            if hearing.aliveAt.map({ $0 > begin }) == true {
                begin = max(begin, hearing.aliveAt ?? begin)
                if instance.health?.standings[.notify]?.state == .unhealthy, !hearing.isIll {
                    await note(id, .notify, .success)
                }
            } else if .now - begin >= period {
                begin = .now
                await note(id, .notify, .failure("no WATCHDOG=1 for \(period)"))
            }
            guard !Task.isCancelled, (try? await Task.sleep(until: begin + period)) != nil else { return }
        }
    }
}

extension Instance {
    /// What it is asked to tell of itself; nil if nothing.
    var notification: Notification? {
        // One that was made without a socket has none, whatever its file says by now.
        phase == .running && record.told == nil ? nil : service?.notification
    }

    /// It is to say that it is ready, and has not.
    var isSilent: Bool { record.told?.isReady == false }
}
