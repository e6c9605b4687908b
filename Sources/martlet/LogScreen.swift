// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Plan
internal import Synchronization

/// Shows what the containers of one app write from now on, on a thread of its own; containers that come later
/// are found as their logs appear.
final class LogScreen: Sendable {
    private let ending = Atomic(false)
    private let ended = Atomic(false)

    init(app: App, folders: Folders) throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let since = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
        let services = app.services.map(\.name)
        try Thread.detach { [self] in
            var reader = MergedLogReader()
            var names: [String: InstanceName] = [:]
            let logs = LogFolders(root: folders.logs)
            while true {
                let last = ending.load(ordering: .acquiring)
                for spool in logs.spools(app: app.name) where names[spool.path] == nil {
                    guard let log = try? LogReader(spool.path, LogQuery(since: since, holdsUnfinished: true)) else { continue }
                    names[spool.path] = spool.name
                    reader.add(spool.path, log)
                }
                let printer = LogPrinter(names: names, services: services, json: false)
                do {
                    while let item = try reader.next() { printer.print(item) }
                } catch {
                    Terminal.complain("\(error)")
                }
                if last { return ended.store(true, ordering: .releasing) }
                usleep(100_000)
            }
        }
    }

    /// Shows what is left and ends.
    func end() {
        ending.store(true, ordering: .releasing)
        while !ended.load(ordering: .acquiring) { usleep(5_000) }
    }
}
