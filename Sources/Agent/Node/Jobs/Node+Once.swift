// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan

// Jobs without a schedule: they run once for each definition, as a part of the rollout.

extension Node {
    /// Runs a job until it has succeeded; when its tries are used up, the rollout has failed.
    ///
    /// A run that an agent before us began is waited for.
    func complete(_ name: String, of app: App) async throws {
        guard let job = app.job(name), let deployment = deployments[app.name] else { return }
        let key = runKey(of: job, deployment)
        let begin = beginning(of: job, deployment)
        var attempt = 1
        while true {
            try Task.checkCancellation()
            let known = await records.jobs(app: app.name)[name]
            if known?.completed.contains(key) == true { return }
            for other in known?.open ?? [] where other.key != key {
                try await stop(Run(app: app.name, job: name, number: other.number), as: .replaced)
            }
            let next = attempt
            let number: Int
            (number, attempt) = try await records.editJob(app: app.name, name: name) { record in
                if let open = record.open.last { return (open.number, open.attempt) }
                return (begin(&record, next, nil, nil), next)
            }
            await attendRuns(of: app.name)
            let run = Run(app: app.name, job: name, number: number)
            let ended = try await end(of: run)
            if ended.result == .succeeded { continue }
            // What the node's own end cut off is no failure of the job.
            if ended.result == .interrupted, ended.boot != jobs.boot { continue }
            guard attempt <= job.retries, ended.result != .stopped else {
                throw RolloutFailure(ended.id, name: run.name, ended.reason)
            }
            try await Task.sleep(for: .nanoseconds(JobRecord.pause(after: attempt)))
            attempt += 1
        }
    }

    /// Waits for the end of a run; at the deadline of the rollout it is stopped.
    private func end(of run: Run) async throws -> RunRecord {
        let isInTime = await until(deployments[run.app]?.deadline) {
            Task.isCancelled || !jobs.attended.contains("\(run.name)")
        }
        try Task.checkCancellation()
        let id = container(of: run)?.record.id
        if !isInTime {
            try await stop(run, as: .stopped)
            throw RolloutFailure(id, name: run.name, "was not over at the deadline")
        }
        guard let record = await records.jobs(app: run.app)[run.job]?.run(run.number), !record.isOpen else {
            throw RolloutFailure(id, name: run.name, "could not be brought to its end: see `martlet events`")
        }
        return record
    }
}
