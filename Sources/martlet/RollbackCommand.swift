internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet rollback APP`.
struct RollbackCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "rollback",
        abstract: "Return an app to a generation before; no network is needed.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "Wait until the app is there, or failed.") var wait = false
    @Option(help: "The number of the generation, see `history`; the last good one before by default.")
    var to: Int?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "The app.") var app: String

    func run() async throws {
        let lines: ControlLines<ApplyProgress> = try await options.client.lines(
            ControlRequest(
                .post,
                "apps",
                app,
                "rollback",
                query: ["wait": wait ? "1" : nil, "to": to.map(String.init)]
            ),
            mayTakeLong: true
        )
        try await ProgressScreen(json: json).show(lines, untilOutcome: wait)
    }
}
