// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird
internal import Linux
internal import Logs

extension ControlServer {
    /// The lines that a request asks for.
    func logs(_ request: Request) async throws -> LogLines {
        let selection = try request.selection(app: request.word("app") ?? "")
        let app = selection.app.isEmpty ? nil : selection.app
        let follows = request.flag("follow")
        let tail = try request.number("tail")
        let (since, until) = (try request.nanoseconds("since") ?? 0, try request.nanoseconds("until") ?? .max)
        let folder = node.logFolders
        let lines = try await Thread.run {
            let tail = try LogTail(
                folder,
                app: app,
                service: selection.service,
                instance: selection.instance,
                query: LogQuery(
                    tail.map { .tail($0) } ?? .beginning,
                    since: since,
                    until: until,
                    holdsUnfinished: follows
                )
            )
            return (isEmpty: tail.isEmpty, lines: LogLines(tail, follows: follows))
        }
        if lines.isEmpty, let app {
            throw ControlError(
                .absent,
                app,
                "there is no such log",
                "`martlet logs` without a name shows all"
            )
        }
        return lines.lines
    }
}
