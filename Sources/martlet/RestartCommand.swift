internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command

/// The verb `martlet restart APP[/SERVICE[/N]]`.
struct RestartCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "restart",
        abstract: "Stop containers and start them again.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array of what they are then.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N.") var target: Target

    func run() async throws {
        InstanceTable.print(try await options.client.change("restart", target), json: json)
    }
}
