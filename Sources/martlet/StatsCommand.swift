internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet stats [APP]`.
struct StatsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "stats",
        abstract: "Show what containers use; on a terminal again each second.",
        discussion:
            "100% is one processor. CPUS, LIMIT and the number after PIDS are limits; THROTTLED and HITS tell how "
            + "often they were reached, OOM how often the kernel ended a process for want of memory. With --json "
            + "one reading is given as it is: two of them make a rate.\n\n"
            + Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(inversion: .prefixedNo, help: "Refresh on a terminal.") var stream = true
    @Flag(help: "One JSON array.") var json = false
    @Argument(help: "Only this app's.") var app: String?

    func run() async throws {
        var earlier = try await read()
        if json { return Terminal.printJSON(earlier) }
        repeat {
            // Short for one answer, calm for a screen.
            try await Task.sleep(for: stream && Terminal.isInteractive ? .seconds(1) : .milliseconds(500))
            let now = try await read()
            let lines = UsageTable.table(now, since: earlier).lines
            if stream, Terminal.isInteractive {
                let shown = lines.prefix(Terminal.size.rows - 1).map { "\($0)\u{1b}[K\n" }.joined()
                Terminal.draw("\u{1b}[H\(shown)\u{1b}[J")
            } else {
                for line in lines { Terminal.print(line) }
            }
            earlier = now
        } while stream && Terminal.isInteractive && !Terminal.isCut
    }

    private func read() async throws -> [InstanceStats] {
        try await options.client.send(ControlRequest(.get, "stats", query: ["app": app]))
    }
}
