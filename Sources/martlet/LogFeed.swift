// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Logs
internal import Plan

/// Prints the lines of an app's containers, merged in time order; containers that come later are found as
/// their logs appear.
///
/// Blocks on disk: it belongs on a thread of its own.
struct LogFeed {
    private let logs: LogFolders
    private let app: String?
    private let service: String?
    private let json: Bool
    private let services: [String]?
    private var names: [String: InstanceName] = [:]
    private var reader = MergedLogReader()

    /// Begins with `query` in every log that is there; later ones are read whole.
    ///
    /// The order of `services` gives them their colours.
    init(
        _ folders: Folders,
        app: String?,
        service: String? = nil,
        query: LogQuery,
        json: Bool = false,
        services: [String]? = nil
    ) throws {
        logs = LogFolders(root: folders.logs)
        self.app = app
        self.service = service
        self.json = json
        self.services = services
        try discover(query)
    }

    var isEmpty: Bool { names.isEmpty }

    private mutating func discover(_ query: LogQuery) throws {
        for spool in logs.spools(app: app, service: service) where names[spool.path] == nil {
            reader.add(spool.path, try LogReader(spool.path, query))
            names[spool.path] = spool.name
        }
    }

    /// Prints what has come since the last time.
    mutating func print() throws {
        let printer = LogPrinter(names: names, services: services, json: json)
        while let item = try reader.next() { printer.print(item) }
    }

    /// Looks for new logs, then prints.
    mutating func follow() throws {
        try discover(LogQuery(holdsUnfinished: true))
        try print()
    }
}
