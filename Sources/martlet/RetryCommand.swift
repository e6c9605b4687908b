internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet retry APP`.
struct RetryCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "retry",
        abstract: "Try the generation of an app that failed last once more, as it was.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "Wait until the app is as desired, or failed.") var wait = false
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "The app.") var app: String

    func run() async throws {
        let lines: ControlLines<ApplyProgress> = try await options.client.lines(
            ControlRequest(.post, "apps", app, "retry", query: ["wait": wait ? "1" : nil]),
            mayTakeLong: true
        )
        try await ProgressScreen(json: json).show(lines, untilOutcome: wait)
    }
}
