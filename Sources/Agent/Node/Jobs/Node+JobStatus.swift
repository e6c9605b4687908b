// SPDX-License-Identifier: Apache-2.0
internal import Calendar
public import Control
internal import Desired

// What people are told of jobs, and what they may ask for.

extension Node {
    /// The jobs of all apps, of one, or one of them; by app and name.
    ///
    /// Throws `ControlError` if there is no such app or job.
    public func jobStatus(app: String? = nil, job: String? = nil) async throws -> [JobStatus] {
        if let app {
            guard let deployment = deployments[app] else {
                throw ControlError(.absent, app, "there is no such app", "see `martlet status`")
            }
            if let job, deployment.app.job(job) == nil {
                throw ControlError(
                    .absent,
                    "\(app)/\(job)",
                    "there is no such job",
                    "see `martlet jobs \(app)`"
                )
            }
        }
        var all: [JobStatus] = []
        for deployment in deployments.values.sorted(by: { $0.app.name < $1.app.name })
        where app == nil || deployment.app.name == app {
            let records = await records.jobs(app: deployment.app.name)
            for found in deployment.app.jobs where job == nil || found.name == job {
                all.append(await status(of: found, deployment.app.name, records[found.name]))
            }
        }
        return all
    }

    private func status(of job: Job, _ app: String, _ record: JobRecord?) async -> JobStatus {
        let now = Self.second()
        var next: Int64?
        if let schedule = job.schedule, let zone = try? await zone(job.timeZone) {  // told as its trouble
            next = schedule.next(after: max(record?.position ?? now, now), in: zone)
            if let (_, at) = record?.retry(of: job.retries) { next = min(next ?? .max, at / 1_000_000_000) }
        }
        return JobStatus(
            app: app,
            job: job.name,
            schedule: job.schedule?.text,
            timeZone: job.timeZone,
            next: next.map(Self.text),
            reason: jobs.troubles["\(app)/\(job.name)"] ?? "",
            runs: (record?.runs ?? []).reversed().map { RunStatus($0) }
        )
    }

    /// Begins a run of a job now, whatever its schedule says.
    ///
    /// Throws `ControlError` if there is no such job, or one of its runs goes on and may not be overlapped.
    public func runJob(_ name: String, of app: String, caller: String) async throws -> RunStatus {
        _ = try await jobStatus(app: app, job: name)
        try refuseWhilePaused(app)
        await takeTurn(app)
        defer { endTurn(app) }
        guard let deployment = deployments[app], !deployment.isGoing, let job = deployment.app.job(name),
            !deployment.isBusy
        else {
            throw ControlError(.conflict, app, "it is on its way to a generation", "wait for its end")
        }
        let begin = beginning(of: job, deployment)
        let number = try await records.editJob(app: app, name: name) { record in
            if let open = record.open.last, job.schedule == nil || job.overlap == .forbid {
                throw ControlError(
                    .conflict,
                    "\(app)/\(name)",
                    "run \(open.number) goes on",
                    "wait for its end, or stop it with `martlet stop \(app)/\(name)`"
                )
            }
            return begin(&record, 1, nil, caller)
        }
        events.append(.accepted, app: app, service: name, instance: number, "run \(number), by \(caller)")
        await attendRuns(of: app)
        guard let run = await records.jobs(app: app)[name]?.run(number) else {
            throw ControlError(.failed, "\(app)/\(name)", "its run \(number) is not known any more")
        }
        return RunStatus(run)
    }
}

extension RunStatus {
    init(_ run: RunRecord) {
        self.init(
            run: run.number,
            attempt: run.attempt,
            due: run.due.map { Timestamp.text($0 * 1_000_000_000) },
            generation: run.generation,
            caller: run.caller,
            startedAt: run.startedAt.map(Timestamp.text),
            endedAt: run.endedAt.map(Timestamp.text),
            exitStatus: run.status,
            result: run.result?.rawValue ?? "running",
            reason: run.reason
        )
    }
}
