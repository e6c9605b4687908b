// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command

/// The verb `martlet pause APP[/SERVICE[/N]]`.
struct PauseCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "pause",
        abstract: "Freeze the processes of containers until they are resumed.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array of what they are then.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N.") var target: Target

    func run() async throws {
        InstanceTable.print(try await options.client.change("pause", target), json: json)
    }
}
