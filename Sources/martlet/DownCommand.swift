internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet down APP...`.
struct DownCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "down",
        abstract: "Stop apps and take them away; their named volumes stay.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "The apps.") var apps: [String]

    func run() async throws {
        for app in apps {
            let lines: ControlLines<ApplyProgress> = try await options.client.lines(
                ControlRequest(.delete, "apps", app),
                mayTakeLong: true
            )
            try await ProgressScreen(json: json).show(lines, untilOutcome: true)
        }
    }
}
