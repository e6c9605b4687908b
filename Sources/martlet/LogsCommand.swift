// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Glibc
internal import Logs

/// The verb `martlet logs [-f] [APP[/SERVICE]]`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what containers wrote, merged in time order."
    )

    @OptionGroup var options: FolderOptions
    @Flag(name: .shortAndLong, help: "Go on with lines as they come.") var follow = false
    @Option(help: "Begin with the last N lines of each container.") var tail: Int?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "APP or APP/SERVICE; every app if left out.") var target: String?

    func run() throws {
        let parts = (target ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        let query = LogQuery(tail.map { .tail($0) } ?? .beginning, holdsUnfinished: follow)
        var feed = try LogFeed(
            options.folders(),
            app: parts.first,
            service: parts.count > 1 ? parts[1] : nil,
            query: query,
            json: json
        )
        guard target == nil || !feed.isEmpty else {
            throw AgentError(
                "logs",
                target ?? "",
                "there is no such log: `martlet logs` without a name shows all"
            )
        }
        try feed.print()
        while follow {
            usleep(100_000)
            try feed.follow()
        }
    }
}
