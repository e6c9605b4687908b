// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Plan
internal import Sinks

extension Node {
    /// Where all lines are kept.
    public nonisolated var logFolders: LogFolders { LogFolders(root: folders.logs) }

    /// Where an instance's lines are kept: found by app, service and index without any record.
    func spoolPath(_ record: InstanceRecord) -> String {
        LogFolders(root: folders.logs).path(
            app: record.app,
            service: record.service,
            index: record.index,
            id: record.id
        )
    }

    /// Makes the pipes of an instance, parks them with the keeper and captures from them; the container's ends
    /// are returned and are the only ones.
    func openLogs(of record: InstanceRecord, owner: UInt32, uid: UInt32, secrets: [LineRules.Secret])
        async throws -> StandardStreams
    {
        _ = await capture.remove(record.id)  // of a run before
        spools[record.id] = nil
        instances[record.id]?.hold = nil
        let settings = instances[record.id]?.service?.logs ?? LogSettings()
        // It is written down with all else, just before the program runs.
        instances[record.id]?.record.logs = settings
        let made = try LogPipes.make(owner: (user: owner + uid, group: owner))
        Failpoint.pipesMade.reach()
        for (suffix, descriptor) in made.pipes.parked {
            try await ask { try await $0.park("log.\(record.id).\(suffix)", descriptor) }
            Failpoint.pipeParked.reach()
        }
        let rules = try await makeRules(of: record, settings, secrets)
        let hold = instances[record.id]?.hold
        let (capture, pool, logs, place) = (capture, spoolPool, logFolders, spoolPath(record))
        let (shipper, origin) = (shipper, origin(of: instances[record.id]?.record ?? record))
        let limits = SpoolLimits(settings.keep(for: self.settings.sinks))
        spools[record.id] = try await Thread.run {
            let path = try LogFolders.make(place)
            Failpoint.spoolMade.reach()
            let spool = try Spool(path, settings, limits, pool: pool)
            // Before the first line, so that none is dropped that a sink needs.
            try shipper?.ship(place, spool, of: origin, to: settings.sinks)
            try capture.add(record.id, spool: spool, pipes: made.pipes, rules: rules, hold: hold)
            Failpoint.captureBegun.reach()
            try logs.prune(
                app: record.app,
                service: record.service,
                index: record.index,
                keeping: record.id,
                shipper
            )
            Failpoint.logsPruned.reach()
            return spool
        }
        return StandardStreams(
            input: try await input(of: record),
            output: made.ends.stdout,
            error: made.ends.stderr
        )
    }

    /// Standard input: nothing, or with `stdin_open` a pipe whose other end the keeper holds open.
    private func input(of record: InstanceRecord) async throws -> Descriptor {
        guard instances[record.id]?.service?.hasOpenInput == true else {
            return try Descriptor.open("/dev/null", O_RDONLY)
        }
        let pipe = try Descriptor.pipe()
        try await ask { try await $0.park("in.\(record.id)", pipe.write) }
        return pipe.read
    }

    /// Captures again from pipes that an agent before us parked.
    ///
    /// One that was killed before it had parked them all had not started the container.
    func adoptLogs(of record: InstanceRecord) async throws {
        var parked: [String: Descriptor] = [:]
        for suffix in LogPipes.suffixes {
            parked[suffix] = try await ask { try await $0.take("log.\(record.id).\(suffix)") }
        }
        guard parked.count == LogPipes.suffixes.count else { return }
        let (capture, pool, place) = (capture, spoolPool, spoolPath(record))
        let (shipper, origin) = (shipper, origin(of: instances[record.id]?.record ?? record))
        let pipes = try LogPipes(adopting: parked), rules = try await adoptRules(of: record)
        let hold = instances[record.id]?.hold, settings = record.logs ?? LogSettings()
        let limits = SpoolLimits(settings.keep(for: self.settings.sinks))
        spools[record.id] = try await Thread.run {
            // One whose log was deleted goes on behind every number that it may have used: none is used twice.
            let first = access(place, F_OK) < 0 ? UInt64(Timestamp.now()) / 1_000 : 1
            let spool = try Spool(Folders.make(place), settings, limits, pool: pool, first: first)
            try shipper?.ship(place, spool, of: origin, to: settings.sinks)
            try capture.add(record.id, spool: spool, pipes: pipes, rules: rules, hold: hold)
            return spool
        }
    }

    /// Removes old logs of what is no more: of apps that were taken down, replicas and jobs that are no longer wanted.
    func pruneLogs() async throws {
        var present = Set(instances.values.map(\.record.name))
        for (app, deployment) in deployments {
            for (job, record) in await records.jobs(app: app) where deployment.app.job(job) != nil {
                present.formUnion(record.runs.map { InstanceName(app: app, service: job, index: $0.number) })
            }
        }
        let (logs, spared, now, shipper) = (logFolders, present, Self.second(), shipper)
        for name in try await Thread.run({ try logs.prune(sparing: spared, now: now, shipper) }) {
            events.append(.removed, app: nil, "logs of \(name)")
        }
    }

    /// Publishes what is left in the pipes of an ended instance and lets go of them.
    func closeLogs(of id: String) async throws {
        let isTaken = await capture.remove(id)
        spools[id] = nil
        guard isTaken else { return }  // it waits in the pipes: they stay parked
        Failpoint.captureEnded.reach()
        instances[id]?.hold = nil
        instances[id]?.logSecrets = []
        for suffix in LogPipes.suffixes + LogPipes.memories {
            try await ask { try await $0.unpark("log.\(id).\(suffix)") }
        }
        Failpoint.pipesUnparked.reach()
        try await ask { try await $0.unpark("in.\(id)") }
    }
}

extension Spool {
    /// The spool of a container whose lines are treated so.
    fileprivate convenience init(
        _ path: String,
        _ settings: LogSettings,
        _ limits: SpoolLimits,
        pool: SpoolPool,
        first: UInt64 = 1
    ) throws(LogError) {
        try self.init(
            path,
            limits: limits,
            policy: SpoolPolicy(settings.onFull),
            pool: pool,
            first: first
        )
    }
}

extension SpoolLimits {
    init(_ keep: LogSettings.Keep) {
        if let size = keep.size {
            let bytes = Int(clamping: size.bytes)
            // What is dropped is a sixteenth at a time.
            self.init(segmentBytes: min(16 << 20, bytes / 16), totalBytes: bytes)
        } else {
            self.init()
        }
    }
}

extension SpoolPolicy {
    init(_ onFull: LogSettings.OnFull) {
        switch onFull {
        case .dropOldest: self = .dropOldest
        case .dropNew: self = .dropNew
        case .block: self = .block
        }
    }
}
