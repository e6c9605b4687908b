internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Glibc
internal import Linux
internal import Logs

/// The verb `martlet logs [-f] [APP[/SERVICE[/N]]]`.
struct LogsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what containers wrote, merged in time order.",
        discussion: "Without an agent it reads what the last one left in its state folder.\n\n"
            + Failure.exitCodes
    )

    @OptionGroup var options: FolderOptions
    @Flag(name: .shortAndLong, help: "Go on with lines as they come.") var follow = false
    @Option(help: "Begin with the last N lines of each container.") var tail: Int?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N; every app if left out.") var target: Target?

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail: \(tail) is less than 0") }
    }

    func run() async throws {
        let request = ControlRequest(
            .get,
            "logs",
            query: [
                "app": target?.app, "service": target?.service,
                "instance": target?.instance.map(String.init), "tail": tail.map(String.init),
                "follow": follow ? "1" : nil,
            ]
        )
        switch await answer(to: request, of: try options.runtime.client) {
        case .success(let lines): try await show(lines)
        case .failure(let error) where error.code == .unreachable && !options.runtime.isRemote:
            try await readSpools(error)
        case .failure(let error): throw error
        }
    }

    private func answer(
        to request: ControlRequest,
        of client: ControlClient
    ) async -> Result<ControlLines<LogRecord>, ControlError> {
        do { return .success(try await client.lines(request)) } catch { return .failure(error) }
    }

    private func show(_ lines: ControlLines<LogRecord>) async throws {
        var printer = LogPrinter(json: json)
        for try await line in lines {
            printer.print(line)
            if Terminal.isCut { break }
        }
    }

    /// What the state folder holds is shown when no agent can be asked.
    private func readSpools(_ silence: ControlError) async throws {
        let folder = "\(options.foundState)/logs"
        let (target, follow, json) = (target, follow, json)
        let query = LogQuery(tail.map { .tail($0) } ?? .beginning, holdsUnfinished: follow)
        try await Thread.run {
            let tail = try LogTail(
                LogFolders(root: folder),
                app: target?.app,
                service: target?.service,
                instance: target?.instance,
                query: query
            )
            var feed = LogFeed(tail, json: json)
            guard !feed.isEmpty else { throw silence }
            Terminal.complain("agent: \(silence.what): these lines are from \(folder)")
            try feed.print()
            while follow, !Terminal.isCut {
                usleep(100_000)
                try feed.follow()
            }
        }
    }
}
