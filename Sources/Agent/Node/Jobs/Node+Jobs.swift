// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired
internal import Linux

// Jobs: what is due is written down, and then run. One task looks after all of them, woken by the wall clock and by
// whatever changes something.

extension Node {
    /// Looks after the jobs while the node lives.
    func watchJobs() {
        guard jobs.keeper == nil else { return }
        jobs.keeper = Task {
            await tendJobs()
            for await isLeap in jobs.ticks {
                guard !Task.isCancelled else { return }
                // What the clock leapt over was due while nobody was there.
                if isLeap { jobs.watchedSince = Self.second() }
                await tendJobs()
            }
        }
    }

    static func second() -> Int64 { Timestamp.now() / 1_000_000_000 }

    /// What a look at a job came to.
    private enum Turn {
        case missed(Int64)
        case leftOut(Int64, during: Int)
        case begun
        case wait(until: Int64?)
    }

    /// One look at every job: what is due begins, and the clock wakes us for the next.
    private func tendJobs() async {
        var wake = Int64.max
        for name in deployments.keys.sorted() {
            guard let deployment = deployments[name], !deployment.isGoing else { continue }
            await attendRuns(of: name)
            // Whoever changes the app comes back here.
            guard !deployment.isBusy, pauseFile == nil else { continue }
            for job in deployment.app.jobs where job.schedule != nil {
                guard deployments[name]?.number == deployment.number else { break }
                do {
                    wake = min(wake, try await tend(job, of: deployment) ?? .max)
                    if jobs.troubles.removeValue(forKey: "\(name)/\(job.name)") != nil { changed() }
                } catch {
                    let key = "\(name)/\(job.name)"
                    let (isNews, next) = jobs.note("\(error)", of: key, now: Self.second())
                    wake = min(wake, next)
                    if isNews { events.append(.failed, app: name, service: job.name, "\(error)") }
                }
            }
        }
        do {
            // A day is soon enough for what is far away, and the file of a time zone may have changed by then.
            try jobs.timer.set(min(wake, Self.second() + 86_400))
        } catch {
            events.append(.failed, app: nil, "jobs: \(error)")
        }
    }

    /// Begins what is due of a job; the second at which it is to be looked at next.
    private func tend(_ job: Job, of deployment: Deployment) async throws -> Int64? {
        guard let schedule = job.schedule else { return nil }
        let app = deployment.app.name
        let zone = try await zone(job.timeZone)
        let now = Self.second()
        let clock = JobClock(
            schedule: schedule,
            zone: zone,
            missed: job.missed,
            watchedSince: jobs.watchedSince
        )
        let begin = beginning(of: job, deployment)
        let (turn, position) = try await records.editJob(app: app, name: job.name) { record in
            record.settle("\(schedule.text) \(job.timeZone)", now: now)
            let turn = Self.take(clock.turn(record, now: now), of: job, &record, now, begin)
            return (turn, record.position)
        }
        switch turn {
        case .missed(let due):
            events.append(.missed, app: app, service: job.name, "missed \(Self.text(due)): nobody was there")
        case .leftOut(let due, let number):
            let why = "left out \(Self.text(due)): run \(number) goes on"
            events.append(.missed, app: app, service: job.name, why)
        case .begun: break
        case .wait(let next): return next
        }
        await attendRuns(of: app)
        return clock.schedule.next(after: max(position, now), in: zone)
    }

    private static func take(
        _ turn: JobClock.Turn,
        of job: Job,
        _ record: inout JobRecord,
        _ now: Int64,
        _ begin: Beginning
    ) -> Turn {
        switch turn {
        case .missed(let due):
            record.advance(to: due)
            return .missed(due)
        case .due(let due):
            record.advance(to: due)
            if job.overlap == .forbid, let open = record.open.last {
                return .leftOut(due, during: open.number)
            }
            _ = begin(&record, 1, due, nil)
            return .begun
        case .wait(let next):
            guard record.open.isEmpty, let (run, at) = record.retry(of: job.retries),
                run.due != nil || run.caller != nil
            else { return .wait(until: next) }
            let second = (at + 999_999_999) / 1_000_000_000
            guard second <= now else { return .wait(until: min(next ?? .max, second)) }
            _ = begin(&record, run.attempt + 1, run.due, run.caller)
            return .begun
        }
    }

    /// Writes down a run of this attempt, due then, asked for by that caller; its number.
    ///
    /// From then on it is there, whoever looks after it.
    typealias Beginning =
        @Sendable (inout JobRecord, _ attempt: Int, _ due: Int64?, _ caller: String?) -> Int

    /// What writes down a run of a job as it is now.
    func beginning(of job: Job, _ deployment: Deployment) -> Beginning {
        let (key, generation) = (runKey(of: job, deployment), deployment.generation.number)
        let boot = jobs.boot
        return { record, attempt, due, caller in
            record.begin(
                attempt: attempt,
                due: due,
                key: key,
                generation: generation,
                caller: caller,
                boot: boot
            )
        }
    }

    /// What a run of a job would run.
    func runKey(of job: Job, _ deployment: Deployment) -> String {
        deployment.app.runKey(of: job, image: deployment.generation.images[job.name] ?? "")
    }

    /// A time zone of this host, read once.
    func zone(_ name: String) async throws -> Zone {
        if let known = jobs.zones[name] { return known }
        let zone = try await Thread.run { try Self.readZone(name) }
        jobs.zones[name] = zone
        return zone
    }

    /// Throws for a zone that is not known here, with what to do about it.
    static func readZone(_ name: String) throws -> Zone {
        guard name != Zone.utc.name else { return .utc }
        do {
            let file = try Folders.read("/usr/share/zoneinfo/\(name)", limit: Zone.largestFile)
            return try Zone(name: name, file: file)
        } catch let error as LinuxError {
            throw AgentError(
                "read",
                "time zone \(name)",
                "\(error): correct the name, or install tzdata on the node"
            )
        }
    }

    static func text(_ second: Int64) -> String { Timestamp.text(second * 1_000_000_000) }
}
