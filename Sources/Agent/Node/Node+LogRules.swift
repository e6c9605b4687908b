// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Linux
public import Logs

// What is done with the lines of an instance before its spool. What that needs of the container is kept in memory that
// the keeper holds, like the pipes: so an agent that comes after us does the same, and no secret is on a disk.

extension Node {
    /// The rules for an instance, parked with the keeper where there are any.
    func makeRules(of record: InstanceRecord, _ settings: LogSettings, _ secrets: [LineRules.Secret])
        async throws
        -> LineRules
    {
        let id = record.id
        let rules = try await Thread.run { try LineRules(settings, secrets) }
        instances[id]?.logSecrets = secrets
        for name in rules.unwatched {
            tell(.logs, id, "secret \(name) is too large to be kept out of the log: it is not looked for")
        }
        if !secrets.isEmpty {
            let memory = try await Thread.run { try SecretMemory.make(secrets) }
            try await ask { try await $0.park("log.\(id).secrets", memory) }
        }
        if !rules.isEmpty, instances[id]?.hold == nil {
            let hold = try HoldMemory()
            try await ask { try await $0.park("log.\(id).hold", hold.descriptor) }
            instances[id]?.hold = hold
        }
        return rules
    }

    /// The rules that an agent before us had for an instance.
    func adoptRules(of record: InstanceRecord) async throws -> LineRules {
        let id = record.id
        let secrets = try await ask { try await $0.take("log.\(id).secrets") }
        let hold = try await ask { try await $0.take("log.\(id).hold") }
        let settings = record.logs ?? LogSettings()
        let (rules, known) = try await Thread.run {
            let known = try secrets.map { try SecretMemory.read($0) } ?? []
            return (try LineRules(settings, known), known)
        }
        instances[id]?.logSecrets = known
        instances[id]?.hold = try hold.map { try HoldMemory(adopting: $0) }
        return rules
    }

    /// Treats the lines of an instance that runs as its service wants it now.
    func relog(_ id: String, _ service: Service) async throws {
        guard let instance = instances[id], instance.record.logs != service.logs else { return }
        let fields = service.logs.changes(from: (instance.record.logs ?? LogSettings()).text)
        let rules = try await makeRules(of: instance.record, service.logs, instance.logSecrets)
        await capture.setRules(id, rules, hold: instances[id]?.hold)
        spools[id]?.configure(
            limits: SpoolLimits(service.logs.keep(for: settings.sinks)),
            policy: SpoolPolicy(service.logs.onFull)
        )
        instances[id]?.record.logs = service.logs
        try instances[id]?.record.save(in: folders.records)
        if let spool = spools[id], let record = instances[id]?.record {
            try shipper?.ship(spoolPath(record), spool, of: origin(of: record), to: service.logs.sinks)
        }
        tell(.changed, id, "\(fields.joined(separator: ", ")) changed in place")
    }

    /// Keeps new contents of secrets out of an instance's log, and the old ones still.
    func hide(_ files: [GivenFile], of id: String) async throws {
        guard let instance = instances[id] else { return }
        let more = files.compactMap(\.secret)
        if more.isEmpty { return }
        let settings = instance.record.logs ?? LogSettings()
        let rules = try await makeRules(of: instance.record, settings, instance.logSecrets + more)
        await capture.setRules(id, rules, hold: instances[id]?.hold)
    }

    /// Drops lines that are older than their services want.
    func expireLogs() async throws {
        let now = Timestamp.now()
        for instance in instances.values {
            guard let spool = spools[instance.record.id],
                let age = (instance.record.logs ?? LogSettings()).keep(for: settings.sinks).age
            else { continue }
            let oldest = now - Int64(age / .seconds(1)) * 1_000_000_000
            try await Thread.run { _ = try spool.expire(before: UInt64(max(0, oldest)), now: UInt64(now)) }
        }
    }

    /// What the lines of one instance came to.
    public struct LogCounts: Sendable {
        /// The app.
        public let app: String
        /// The service.
        public let service: String
        /// Which one of the service's instances.
        public let instance: Int
        /// What its spool holds, dropped and left out.
        public let status: SpoolStatus
    }

    /// What the lines of those instances came to whose lines are captured.
    public func logCounts() -> [LogCounts] {
        instances.values.sorted { $0.record.name < $1.record.name }.compactMap { instance in
            spools[instance.record.id].map { spool in
                LogCounts(
                    app: instance.record.app,
                    service: instance.record.service,
                    instance: instance.record.index,
                    status: spool.status
                )
            }
        }
    }
}

extension LineRules {
    fileprivate init(_ settings: LogSettings, _ secrets: [Secret]) throws(LogError) {
        try self.init(
            secrets: secrets,
            redact: settings.redact,
            rate: settings.rateLimit.map { Rate(lines: $0.lines, bytes: $0.bytes, burst: $0.burst) },
            sample: settings.sample
        )
    }
}
