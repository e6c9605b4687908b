// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Logs
internal import Plan

/// `martlet logs [-f] [APP[/SERVICE]]`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what containers wrote, merged in time order.")

    @OptionGroup var options: FolderOptions
    @Flag(name: .shortAndLong, help: "Go on with lines as they come.") var follow = false
    @Option(help: "Begin with the last N lines of each container.") var tail: Int?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "APP or APP/SERVICE; every app if left out.") var target: String?

    func run() async throws {
        let parts = (target ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        let folders = try options.folders()
        let spools = LogFolders(root: folders.logs).spools(app: parts.first, service: parts.count > 1 ? parts[1] : nil)
        guard target == nil || !spools.isEmpty else {
            throw AgentError("logs", target ?? "", "there is no such log: see `martlet logs` without a name")
        }
        var names: [String: InstanceName] = [:]
        var reader = MergedLogReader()
        let query = LogQuery(tail.map { .tail($0) } ?? .beginning, holdsUnfinished: follow)
        for spool in spools {
            names[spool.path] = spool.name
            reader.add(spool.path, try LogReader(spool.path, query))
        }
        let printer = LogPrinter(names: names, json: json)
        if follow {
            var follower = LogFollower(reader)
            while let item = try await follower.next() { printer.print(item) }
        } else {
            while let item = try reader.next() { printer.print(item) }
        }
    }
}
