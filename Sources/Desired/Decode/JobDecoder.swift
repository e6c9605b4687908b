// SPDX-License-Identifier: Apache-2.0
internal import Calendar

/// Decodes a job: a service, and what makes a job of it.
struct JobDecoder {
    private static let longest = Duration.seconds(31 * 86_400)
    /// Words of services that mean nothing here, and what to do instead.
    private static let foreign = [
        "restart": "use 'retries'", "scale": "a run is one container",
        "container_name": "each run has its own",
        "pre_start": "make a job of it, and wait for that",
        "healthcheck": "a run is good if it ends with status 0",
    ]

    let name: String

    func job(_ field: Field) -> Job? {
        for (key, remedy) in Self.foreign.sorted(by: { $0.key < $1.key }) {
            field.child(key)?.refuse("is nothing for a job", remedy)
        }
        for key in ["replicas", "restart_policy", "update_config", "rollback_config"] {
            field.child("deploy")?.child(key)?.refuse("is nothing for a job", "remove the key")
        }
        guard var service = ServiceDecoder(name: name).service(field),
            let own = field.child(JobSet.marker).flatMap({ Fields($0, .job) })
        else { return nil }
        for key in ["window", "lock", "notify", "sockets"] {
            field.child("x-martlet")?.child(key)?.refuse("is nothing for a job", "remove the key")
        }
        service.restart.condition = .never
        // Nor does one of the image tell how a run does.
        service.healthcheck = Healthcheck(test: .none)
        var job = Job(service)
        job.schedule = own["schedule"].flatMap(schedule)
        if let zone = own["time_zone"], let name = zone.string() {
            if !Zone.isName(name) {
                zone.refuse(
                    "\(Characters.quoted(name)) is not the name of a time zone",
                    "write for example Europe/Berlin"
                )
            }
            job.timeZone = name
        }
        job.overlap = own["overlap"]?.string().flatMap { Job.Overlap(rawValue: $0) } ?? job.overlap
        job.missed = own["missed"]?.string().flatMap { Job.Missed(rawValue: $0) } ?? job.missed
        job.timeout = own["timeout"].flatMap(timeout)
        job.retries = own["retries"]?.integer(0...100) ?? job.retries
        job.keep = own["keep"]?.integer(1...100) ?? job.keep
        if job.schedule == nil {
            for key in ["time_zone", "overlap", "missed"] {
                own[key]?.refuse("means nothing without 'schedule'", "add one, or remove the key")
            }
        }
        return job
    }

    private func schedule(_ field: Field) -> CronSchedule? {
        guard let text = field.string() else { return nil }
        do throws(CalendarError) {
            return try CronSchedule(text)
        } catch {
            field.refuse(error.what, error.remedy)
            return nil
        }
    }

    private func timeout(_ field: Field) -> Duration? {
        guard let timeout = field.duration() else { return nil }
        guard timeout >= .seconds(1), timeout <= Self.longest else {
            field.refuse("must be at least 1s and at most 744h", "write for example 20m")
            return nil
        }
        return timeout
    }
}
