internal import Containers
// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Plan

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
    func openLogs(of record: InstanceRecord, owner: UInt32, uid: UInt32) async throws -> StandardStreams {
        _ = await capture.remove(record.id)  // of a run before
        let made = try LogPipes.make(owner: (user: owner + uid, group: owner))
        Failpoint.pipesMade.reach()
        for (suffix, descriptor) in made.pipes.parked {
            try await ask { try await $0.park("log.\(record.id).\(suffix)", descriptor) }
            Failpoint.pipeParked.reach()
        }
        let (capture, logs, place) = (capture, logFolders, spoolPath(record))
        try await Thread.run {
            let path = try LogFolders.make(place)
            Failpoint.spoolMade.reach()
            try capture.add(record.id, spool: try Spool(path), pipes: made.pipes)
            Failpoint.captureBegun.reach()
            try logs.prune(
                app: record.app,
                service: record.service,
                index: record.index,
                keeping: record.id
            )
            Failpoint.logsPruned.reach()
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
        let (capture, place, pipes) = (capture, spoolPath(record), try LogPipes(adopting: parked))
        try await Thread.run {
            try capture.add(record.id, spool: try Spool(Folders.make(place)), pipes: pipes)
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
        let (logs, spared, now) = (logFolders, present, Self.second())
        for name in try await Thread.run({ try logs.prune(sparing: spared, now: now) }) {
            events.append(.removed, app: nil, "logs of \(name)")
        }
    }

    /// Publishes what is left in the pipes of an ended instance and lets go of them.
    func closeLogs(of id: String) async throws {
        guard await capture.remove(id) else { return }  // it waits in the pipes: they stay parked
        Failpoint.captureEnded.reach()
        for suffix in LogPipes.suffixes { try await ask { try await $0.unpark("log.\(id).\(suffix)") } }
        Failpoint.pipesUnparked.reach()
        try await ask { try await $0.unpark("in.\(id)") }
    }
}
