// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Probes

// Whether containers are well, and what follows if they are not.

extension Node {
    /// Begins to ask an instance what its file or its image says, in place of what was asked before.
    ///
    /// One that is presumed to be well is so until shown otherwise.
    func startHealth(_ id: String, isPresumed: Bool = false) {
        guard let instance = instances[id] else { return }
        for task in instance.checks { task.cancel() }
        instances[id]?.checks = []
        instances[id]?.health = nil
        guard let inquiry = instance.inquiry else { return }
        // An agent before us may not have seen it start.
        let hasStarted = isPresumed && (!instance.isAdopted || instance.record.hasStarted == true)
        instances[id]?.health = Health(
            inquiry,
            isPresumed: isPresumed,
            hasStarted: hasStarted,
            hasSaidSo: !instance.isSilent,
            now: Timestamp.now()
        )
        // What is to say by itself when it is ready is asked nothing before, as by a startup probe.
        if inquiry.notification == nil || !instance.isSilent { askOthers(id) }
    }

    /// Begins to ask what is not said by itself.
    func askOthers(_ id: String) {
        guard let health = instances[id]?.health else { return }
        let inquiry = health.inquiry
        if let period = inquiry.notification?.watchdog {
            instances[id]?.checks.append(Task { await self.watchLife(id, every: period) })
        }
        if let command = inquiry.command {
            instances[id]?.checks.append(Task { await self.check(id, command) })
        }
        if let startup = inquiry.probes?.startup, health.standings[.startup]?.state != .healthy {
            instances[id]?.checks.append(Task { await self.watch(id, .startup, startup) })
        } else {
            startProbes(id)
        }
    }

    /// The startup probe has succeeded, or there is none.
    func startProbes(_ id: String) {
        guard let probes = instances[id]?.health?.inquiry.probes else { return }
        for (part, probe) in [(Health.Part.readiness, probes.readiness), (.liveness, probes.liveness)] {
            guard let probe else { continue }
            instances[id]?.checks.append(Task { await self.watch(id, part, probe) })
        }
    }

    /// The health check: the first time after an interval.
    private func check(_ id: String, _ command: [String]) async {
        while let instance = instances[id], instance.phase == .running, let monitor = instance.health?.check {
            let delay = monitor.delay(age: .now - instance.startedAt)
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            // What is frozen answers nothing, and is not ill for it.
            guard let pauses = instances[id]?.pauses, instances[id]?.isFrozen == false else { continue }
            let outcome = await run(id, command, timeout: monitor.timeout)
            guard !Task.isCancelled, let current = instances[id], current.phase == .running else { return }
            // the keeper was being replaced: nothing was learned
            guard let answer = outcome, current.pauses == pauses else { continue }
            await note(id, .healthcheck, answer)
        }
    }

    /// Takes an answer in, and does what follows.
    func note(_ id: String, _ part: Health.Part, _ answer: ProbeAnswer) async {
        guard let before = instances[id]?.health, let startedAt = instances[id]?.startedAt else { return }
        let clock = ContinuousClock.now
        instances[id]?.health?.record(part, answer, age: clock - startedAt, now: (Timestamp.now(), clock))
        guard let instance = instances[id], let health = instance.health else { return }
        let hasChanged = health.standings[part]?.state != before.standings[part]?.state
        if hasChanged { await tell(id, part, before, health) }
        guard let failing = health.standings[part], failing.state == .unhealthy else { return }
        let why = "\(part.rawValue): \(failing.reason)"
        switch (part, health.inquiry.probes?.consequence) {
        case (.readiness, _), (.liveness, Probes.Consequence.none?): break
        case (.liveness, .exec(let command)?): if hasChanged { follow(id, command) }
        case (.notify, _), (.healthcheck, _), (.startup, _), (.liveness, _): restartIll(id, why)
        }
    }

    private func tell(_ id: String, _ part: Health.Part, _ before: Health, _ health: Health) async {
        guard let record = instances[id]?.record else { return }
        if health.state != before.state, health.state == .healthy { tell(.healthy, id, "is healthy") }
        if health.state != before.state, health.state == .unhealthy {
            tell(.unhealthy, id, "is unhealthy: \(health.complaint)")
        }
        if part == .startup, health.standings[part]?.state == .healthy {
            instances[id]?.record.hasStarted = true
            do {
                try instances[id]?.record.save(in: folders.records)
            } catch {
                tell(.failed, id, "\(error)")
            }
        }
        if health.standings[part]?.state == .unhealthy { noteIllness(id, health.complaint) }
        publishNames(record.app)
        changed()
        guard health.inquiry.probes != nil || health.inquiry.notification != nil else { return }
        do {
            try await republishPorts(record.app)
        } catch {
            tell(.failed, id, "\(error)")
        }
    }

    /// What the file wants to be run when an instance does not live any more.
    private func follow(_ id: String, _ command: [String]) {
        guard instances[id]?.isFollowed == false else { return }  // what was run before has not ended
        instances[id]?.isFollowed = true
        Task {
            if case .failure(let why)? = await run(id, command, timeout: .seconds(30)) {
                tell(.failed, id, "what liveness wants to be run: \(why)")
            }
            instances[id]?.isFollowed = false
        }
    }

    /// Stops an instance that is not well, so that its policy starts it again.
    ///
    /// What a rollout does is not disturbed: it looks for itself.
    private func restartIll(_ id: String, _ why: String) {
        guard let instance = instances[id], instance.phase == .running, !instance.isStopping,
            instance.illness == nil, let policy = instance.service?.restart,
            deployments[instance.record.app]?.rollout == nil
        else { return }
        var backoff = instance.backoff
        guard backoff.delay(policy: policy, status: nil, ran: .zero) != nil else { return }
        instances[id]?.illness = why
        tell(.restarting, id, "is stopped to be started again: \(why)")
        // Not one of its tasks: those end with it.
        Task {
            await retire(id)
            await drain(id, instance.service?.drain)
            guard instances[id]?.pid == instance.pid, instances[id]?.isStopping == false else { return }
            do {
                try await end(id)
            } catch {
                instances[id]?.illness = nil  // the next failure tries again
                tell(.failed, id, "\(error)")
            }
        }
    }
}

extension Health {
    /// What fails, and why; for example `liveness: connect 127.0.0.1:80: connection refused (ECONNREFUSED)`.
    var complaint: String {
        failing.map { "\($0.part.rawValue): \($0.standing.reason)" } ?? ""
    }
}
