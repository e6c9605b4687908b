// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import Glibc
internal import Linux
internal import Logs
internal import Patterns

/// The verb `martlet logs [-f] [APP[/SERVICE[/N]]]`.
struct LogsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "logs",
        abstract: "Show what containers wrote, merged in time order.",
        discussion: "Without an agent it reads what the last one left in its state folder.\n\n"
            + Failure.exitCodes
    )

    @OptionGroup var options: FolderOptions
    @Flag(name: .shortAndLong, help: "Go on with lines as they come.") var follow = false
    @Option(help: "Begin with the last N lines of each container.") var tail: Int?
    @Option(help: "Begin there: so long ago (90s, 10m, 2d), or a time in UTC (2026-03-01T12:00:00Z).")
    var since: PointInTime?
    @Option(help: "End there; a time as --since takes it.") var until: PointInTime?
    @Flag(help: "Show what the node's archive has (`sinks` in node.yaml), not what is still in its log.")
    var archive = false
    @Option(help: "Show the lines alone that this regular expression matches (RE2).") var grep: String?
    @Flag(name: .customLong("no-color"), help: "No colours, as with NO_COLOR.") var isPlain = false
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N; every app if left out.") var target: Target?

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail: \(tail) is less than 0") }
        if archive, follow || tail != nil {
            throw ValidationError("--archive: it is read by time: use --since and --until")
        }
        if follow, until != nil { throw ValidationError("--until: what is followed has no end") }
        do { _ = try pattern } catch {
            throw ValidationError("--grep: \(error)")
        }
    }

    private var pattern: Pattern? {
        get throws(PatternError) {
            guard let grep else { return nil }
            return try Pattern(grep)
        }
    }

    func run() async throws {
        let request = ControlRequest(
            .get,
            "logs",
            query: [
                "app": target?.app, "service": target?.service,
                "instance": target?.instance.map(String.init), "tail": tail.map(String.init),
                "since": since.map { "\($0.nanoseconds)" }, "until": until.map { "\($0.nanoseconds)" },
                "follow": follow ? "1" : nil, "archive": archive ? "1" : nil,
            ]
        )
        switch await answer(to: request, of: try options.runtime.client) {
        case .success(let lines): try await show(lines)
        case .failure(let error) where error.code == .unreachable && !options.runtime.isRemote && !archive:
            try await readSpools(error)
        case .failure(let error): throw error
        }
    }

    private func answer(
        to request: ControlRequest,
        of client: ControlClient
    ) async -> Result<ControlText, ControlError> {
        do { return .success(try await client.text(request)) } catch { return .failure(error) }
    }

    private func show(_ answer: ControlText) async throws {
        var printer = LogPrinter(json: json, isPlain: isPlain, pattern: try pattern)
        for try await lines in answer {
            try printer.print(lines)
            if Terminal.isCut { break }
        }
    }

    /// What the state folder holds is shown when no agent can be asked.
    private func readSpools(_ silence: ControlError) async throws {
        let folder = "\(options.foundState)/logs"
        let verb = self
        let query = LogQuery(
            tail.map { .tail($0) } ?? .beginning,
            since: since?.nanoseconds ?? 0,
            until: until?.nanoseconds ?? .max,
            holdsUnfinished: follow
        )
        try await Thread.run {
            let tail = try LogTail(
                LogFolders(root: folder),
                app: verb.target?.app,
                service: verb.target?.service,
                instance: verb.target?.instance,
                query: query
            )
            let printer = LogPrinter(json: verb.json, isPlain: verb.isPlain, pattern: try verb.pattern)
            var feed = LogFeed(tail, printer)
            guard !feed.isEmpty else { throw silence }
            Terminal.complain("agent: \(silence.what): these lines are from \(folder)")
            try feed.print()
            while verb.follow, !Terminal.isCut {
                usleep(100_000)
                try feed.follow()
            }
        }
    }
}
