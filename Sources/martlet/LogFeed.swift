// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Logs
internal import Plan

/// Prints the lines of an app's containers, merged in time order; containers that come later are found as
/// their logs appear.
///
/// Blocks on disk: it belongs on a thread of its own.
struct LogFeed {
    private let logs: LogFolders
    private let target: Target?
    private var names: [String: InstanceName] = [:]
    private var reader = MergedLogReader()
    private var printer: LogPrinter

    /// Begins with `query` in every log that is there; later ones are read whole.
    ///
    /// The order of `services` gives them their colours.
    init(
        _ logs: LogFolders,
        of target: Target?,
        query: LogQuery,
        json: Bool = false,
        services: [String] = []
    ) throws {
        self.logs = logs
        self.target = target
        printer = LogPrinter(services: services, json: json)
        try discover(query)
    }

    var isEmpty: Bool { names.isEmpty }

    private mutating func discover(_ query: LogQuery) throws {
        for spool in logs.spools(app: target?.app, service: target?.service) where names[spool.path] == nil {
            guard target?.instance == nil || target?.instance == spool.name.index else { continue }
            reader.add(spool.path, try LogReader(spool.path, query))
            names[spool.path] = spool.name
            printer.expect(service: spool.name.service, instance: spool.name.index)
        }
    }

    /// Prints what has come since the last time.
    mutating func print() throws {
        while !Terminal.isCut, let item = try reader.next() {
            guard let name = names[item.instance] else { continue }
            switch item.event {
            case .line(let line): printer.print(LogRecord(line, of: name))
            case .gap(let gap): printer.print(gap, of: name)
            }
        }
    }

    /// Looks for new logs, then prints.
    mutating func follow() throws {
        try discover(LogQuery(holdsUnfinished: true))
        try print()
    }
}

extension LogRecord {
    fileprivate init(_ line: LogLine, of name: InstanceName) {
        self.init(
            time: line.time,
            seq: line.sequence,
            stream: line.stream.description,
            app: name.app,
            service: name.service,
            instance: name.index,
            line: String(decoding: line.bytes, as: UTF8.self)
        )
    }
}
