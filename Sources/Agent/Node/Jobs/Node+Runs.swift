// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images
internal import Linux
internal import Plan

// The runs of jobs, from what is written down to the end. An agent that comes after one that was killed finds the
// same, and goes on from there.

extension Node {
    /// A run, by what it is known.
    struct Run: Sendable {
        let app: String
        let job: String
        let number: Int

        var name: InstanceName { InstanceName(app: app, service: job, index: number) }
        var description: String { "\(name)" }
    }

    /// Gives every open run of an app somebody who looks after it, and takes away what is left of others.
    func attendRuns(of app: String) async {
        let records = await records.jobs(app: app)
        for (job, record) in records {
            for open in record.open {
                let run = Run(app: app, job: job, number: open.number)
                guard jobs.attended.insert("\(run.name)").inserted else { continue }
                Task { await self.attend(run) }
            }
        }
        for instance in instances.values where instance.record.app == app && instance.record.isRun == true {
            let (job, number) = (instance.record.service, instance.record.index)
            guard !jobs.attended.contains("\(instance.record.name)"),
                records[job]?.run(number)?.isOpen != true
            else { continue }
            await discard(instance.record, unless: records[job]?.run(number) != nil)
        }
    }

    /// A container of a run that has ended goes; one that nothing is known of, for the records were lost, is known
    /// from here on.
    private func discard(_ record: InstanceRecord, unless isKnown: Bool) async {
        do {
            guard !isKnown, instances[record.id]?.phase == .running else {
                return try await remove(record.id)
            }
            var run = RunRecord(
                number: record.index,
                attempt: 1,
                due: nil,
                key: "",
                generation: record.generation,
                caller: nil,
                boot: jobs.boot
            )
            run.startedAt = record.startedAt
            let found = run
            try await records.editJob(app: record.app, name: record.service) { job in
                if job.run(found.number) == nil { job.adopt(found) }
            }
            jobs.nudge()
        } catch {
            tell(.failed, record.id, "\(error)")
        }
    }

    private func attend(_ run: Run) async {
        do {
            try await carryOut(run)
        } catch {
            events.append(.failed, app: run.app, service: run.job, instance: run.number, "\(error)")
            // What cannot be written down is tried again, and not at once.
            try? await Task.sleep(for: .seconds(5))
        }
        jobs.attended.remove("\(run.name)")
        jobs.endings["\(run.name)"] = nil
        changed()
        jobs.nudge()
    }

    /// The container of a run; nil if it has none.
    func container(of run: Run) -> Instance? {
        instances.values.first { $0.record.isRun == true && $0.record.name == run.name }
    }

    /// Brings a run from wherever it is to its end.
    private func carryOut(_ run: Run) async throws {
        guard let record = await records.jobs(app: run.app)[run.job]?.run(run.number) else { return }
        do {
            if try await isToStart(run, record) {
                try await start(run, record)
            } else if container(of: run) == nil {
                return try await end(run, .interrupted, nil, "its container is gone, its end was not seen")
            }
        } catch {
            if let id = container(of: run)?.record.id { try? await stop(id) }  // told below, with its cause
            try await end(run, jobs.endings["\(run.name)"] ?? .failed, nil, "\(error)")
            if let id = container(of: run)?.record.id { try await remove(id) }
            return
        }
        guard let id = container(of: run)?.record.id else { return }
        let alarm = alarm(for: run, id)
        defer { alarm?.cancel() }
        _ = await until(nil) { isOver(id) }
        guard let instance = instances[id] else {
            return try await end(run, .stopped, nil, "its container was removed")
        }
        guard case .exited(let status) = instance.phase else { return }
        try await end(run, status)
        try await remove(id)
    }

    private func isOver(_ id: String) -> Bool {
        guard let instance = instances[id] else { return true }
        if case .exited = instance.phase { return !instance.isStarting }
        return false
    }

    /// Whether a run has never begun, and may begin now.
    private func isToStart(_ run: Run, _ record: RunRecord) async throws -> Bool {
        if let instance = container(of: run) { return instance.phase == .created }
        // What was written down before a reboot may have run.
        return record.startedAt == nil && record.boot == jobs.boot
    }

    private func start(_ run: Run, _ record: RunRecord) async throws {
        guard let deployment = deployments[run.app], let job = deployment.app.job(run.job) else {
            throw AgentError("run", "\(run.name)", "its job is no longer in the file")
        }
        if job.overlap == .replace, job.schedule != nil {
            let earlier = await records.jobs(app: run.app)[run.job]?.open.filter { $0.number < run.number }
            for other in earlier ?? [] {
                try await stop(Run(app: run.app, job: run.job, number: other.number), as: .replaced)
            }
        }
        for dependency in job.service.dependencies where job.schedule != nil {
            guard deployment.app.service(dependency.service) != nil else { continue }
            let isReached = await reach(dependency.service, of: run.app, dependency.condition) {
                isCalledOff(run)
            }
            guard isReached || !dependency.isRequired else {
                throw waited(for: dependency.service, dependency.condition, in: run.app)
            }
        }
        // It may have been stopped, or its app, while it waited.
        guard !isCalledOff(run) else {
            throw AgentError("run", "\(run.name)", "it was stopped before it had begun")
        }
        let id = try container(of: run)?.record.id ?? create(run.name, deployment.app, deployment.images)
        try await launch(id)
        let time = instances[id]?.record.startedAt ?? Timestamp.now()
        try await records.editJob(app: run.app, name: run.job) { $0.started(run.number, as: id, at: time) }
    }

    /// Whether a run that has not begun is not to begin any more.
    private func isCalledOff(_ run: Run) -> Bool {
        jobs.endings["\(run.name)"] != nil || deployments[run.app]?.isGoing != false
    }

    /// Stops a run once its time is over.
    private func alarm(for run: Run, _ id: String) -> Task<Void, Never>? {
        guard let timeout = deployments[run.app]?.app.job(run.job)?.timeout,
            let started = instances[id]?.record.startedAt
        else { return nil }
        // The clock may have been set since; it has no more than its time from now on.
        let left = min(timeout, max(.zero, timeout - .nanoseconds(Timestamp.now() - started)))
        return Task {
            guard (try? await Task.sleep(for: left)) != nil else { return }  // it has ended
            do {
                try await self.stop(run, as: .timedOut)
            } catch {
                self.tell(.failed, id, "\(error)")
            }
        }
    }

    /// Stops a run, which is then over for this reason; one that waits for others has no container yet.
    func stop(_ run: Run, as result: RunRecord.Result) async throws {
        let id = container(of: run)?.record.id
        guard id != nil || jobs.attended.contains("\(run.name)") else { return }
        if jobs.endings["\(run.name)"] == nil { jobs.endings["\(run.name)"] = result }
        changed()
        guard let id else { return _ = await until(nil) { !jobs.attended.contains("\(run.name)") } }
        try await stop(id)
        _ = await until(nil) { !jobs.attended.contains("\(run.name)") || container(of: run) == nil }
    }

    /// The runs of a selection that have somebody who looks after them and no container; none if one has.
    func waitingRuns(_ selection: Selection) async -> [Run] {
        guard let job = selection.service, let record = await records.jobs(app: selection.app)[job] else {
            return []
        }
        let runs = record.open.map { Run(app: selection.app, job: job, number: $0.number) }.filter {
            (selection.instance ?? $0.number) == $0.number && jobs.attended.contains("\($0.name)")
        }
        return runs.allSatisfy { container(of: $0) == nil } ? runs : []
    }

    /// Writes down how a run's process ended.
    private func end(_ run: Run, _ status: Int32?) async throws {
        let timeout = deployments[run.app]?.app.job(run.job)?.timeout
        switch (jobs.endings["\(run.name)"], status) {
        case (.timedOut?, _):
            try await end(run, .timedOut, status, "took longer than \(timeout.map { "\($0)" } ?? "it may")")
        case (let result?, _): try await end(run, result, status, "was stopped")
        case (nil, 0): try await end(run, .succeeded, 0, "")
        case (nil, let status?): try await end(run, .failed, status, "exited \(status)")
        case (nil, nil): try await end(run, .interrupted, nil, "how it ended was not seen")
        }
    }

    private func end(_ run: Run, _ result: RunRecord.Result, _ status: Int32?, _ reason: String) async throws
    {
        let keep = deployments[run.app]?.app.job(run.job)?.keep ?? 1
        guard deployments[run.app] != nil else { return }  // with the app, all that is known of it went
        let gone = try await records.editJob(app: run.app, name: run.job) {
            $0.end(
                run.number,
                result,
                status: status,
                reason: reason,
                at: Timestamp.now(),
                keep: keep
            )
        }
        events.append(
            result == .succeeded ? .succeeded : .failed,
            app: run.app,
            service: run.job,
            instance: run.number,
            "run \(run.number) \(result.rawValue)" + (reason.isEmpty ? "" : ": \(reason)")
        )
        let folder = "\(folders.logs)/\(run.app)/\(run.job)"
        try await Thread.run { for number in gone { try Folders.removeTree("\(folder)/\(number)") } }
    }
}
