internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command

/// The verb `martlet stop APP[/SERVICE[/N]]`.
struct StopCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "stop",
        abstract: "Stop containers until they are started again.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array of what they are then.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N.") var target: Target

    func run() async throws {
        InstanceTable.print(try await options.client.change("stop", target), json: json)
    }
}
