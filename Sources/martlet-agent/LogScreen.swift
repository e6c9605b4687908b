internal import Agent
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
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
        // Earlier runs' logs are passed over: nothing in them is as new as this.
        let query = LogQuery(since: since, holdsUnfinished: true)
        let services = app.services.map(\.name)
        let attached = Set(app.services.filter(\.isAttached).map(\.name))
        try Thread.detach { [self] in
            do {
                let tail = try LogTail(
                    LogFolders(root: folders.logs),
                    app: app.name,
                    services: attached,
                    query: query
                )
                var feed = LogFeed(tail, LogPrinter(services: services))
                while true {
                    let last = ending.load(ordering: .acquiring)
                    try feed.follow()
                    if last { break }
                    usleep(100_000)
                }
            } catch {
                Terminal.complain("\(error)")
            }
            ended.store(true, ordering: .releasing)
        }
    }

    /// Shows what is left and ends.
    func end() {
        ending.store(true, ordering: .releasing)
        while !ended.load(ordering: .acquiring) { usleep(5_000) }
    }
}
