internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet history APP`.
struct HistoryCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "history",
        abstract: "List the generations of an app that are kept, and how each has fared.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array.") var json = false
    @Argument(help: "The app.") var app: String

    func run() async throws {
        let generations: [GenerationStatus] = try await options.client.send(
            ControlRequest(.get, "apps", app, "generations")
        )
        if json { return Terminal.printJSON(generations) }
        Self.table(generations).print()
    }

    static func table(_ generations: [GenerationStatus], now: Int64 = Spelling.now) -> Table {
        var table = Table(" GENERATION", "RESULT", " AGE", "DIGEST", "SOURCE", "CALLER", "REASON")
        for generation in generations {
            let colour = ["current": 32, "failed": 31, "rolled-back": 31, "rolling": 33][generation.result]
            table.add(
                "\(generation.number)",
                Table.Cell(generation.result, colour: colour),
                "\(Spelling.age(since: generation.acceptedAt, now: now) ?? "-")",
                Table.Cell(String(generation.digest.prefix(19))),
                Table.Cell(generation.source),
                Table.Cell(generation.caller),
                Table.Cell(generation.reason)
            )
        }
        return table
    }
}
