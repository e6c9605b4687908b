// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird
internal import Linux
internal import Logs

extension ControlServer {
    /// The archived lines that a request asks for.
    func archivedLogs(_ request: Request) async throws -> ArchiveLines {
        let selection = try request.selection(app: request.word("app") ?? "")
        for word in ["follow", "tail"] where request.word(word) != nil {
            throw ControlError(.invalid, word, "means nothing in an archive", "use since and until")
        }
        let (since, until) = (try request.nanoseconds("since") ?? 0, try request.nanoseconds("until") ?? .max)
        guard since <= until else {
            throw ControlError(.invalid, "until", "is before since", "turn them around")
        }
        let node = node
        let lines = try await Thread.run {
            let tail = try node.archive(
                app: selection.app.isEmpty ? nil : selection.app,
                service: selection.service,
                instance: selection.instance,
                times: since...until
            )
            return (isEmpty: tail.isEmpty, lines: ArchiveLines(tail))
        }
        guard lines.isEmpty, !selection.app.isEmpty else { return lines.lines }
        throw ControlError(
            .absent,
            selection.app,
            "nothing of that time is in the archive",
            "`martlet logs --archive` without a name shows all"
        )
    }

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
