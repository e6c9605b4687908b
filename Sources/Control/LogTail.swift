// SPDX-License-Identifier: Apache-2.0
public import Logs
public import Plan

/// Lines of an app's containers from their spools, merged in time order; containers that come later are found
/// as their logs appear.
///
/// Blocks on disk: it belongs on a thread of its own.
public struct LogTail {
    /// What follows each other in the log of one instance.
    public struct Run {
        /// Whose lines they are.
        public let instance: InstanceName
        /// Lines, and where some are missing.
        public let events: [LogEvent]

        /// The service that they are of.
        public var service: String { instance.service }
        /// Which one of the service's instances.
        public var index: Int { instance.index }
    }

    private let logs: LogFolders
    private let app: String?
    private let service: String?
    private let services: Set<String>?
    private let instance: Int?
    /// For logs that come later.
    private let later: LogQuery
    private var names: [String: InstanceName] = [:]
    private var reader = MergedLogReader()

    /// Begins with `query` in every log that is there; those that come later are read from their beginning.
    ///
    /// `services` leaves out the logs of others.
    public init(
        _ logs: LogFolders,
        app: String? = nil,
        service: String? = nil,
        services: Set<String>? = nil,
        instance: Int? = nil,
        query: LogQuery
    ) throws {
        self.logs = logs
        self.app = app
        self.service = service
        self.services = services
        self.instance = instance
        later = LogQuery(since: query.since, until: query.until, holdsUnfinished: true)
        try discover(query)
    }

    /// Whether no log has been found.
    public var isEmpty: Bool { names.isEmpty }

    /// The service and index of every instance that a log has been found of.
    public var instances: [(service: String, instance: Int)] {
        names.values.sorted().map { ($0.service, $0.index) }
    }

    private mutating func discover(_ query: LogQuery) throws {
        for spool in logs.spools(app: app, service: service) where names[spool.path] == nil {
            guard services?.contains(spool.name.service) ?? true else { continue }
            guard instance == nil || instance == spool.name.index else { continue }
            reader.add(spool.path, try LogReader(spool.path, query))
            names[spool.path] = spool.name
        }
    }

    /// Looks for logs that were not there before.
    public mutating func discover() throws { try discover(later) }

    /// The next lines of one instance, up to this size together; nil when there are none yet.
    public mutating func next(bytes: Int) throws(LogError) -> Run? {
        while let run = try reader.nextRun(bytes: bytes) {
            guard let name = names[run.instance] else { continue }
            return Run(instance: name, events: run.events)
        }
        return nil
    }
}
