// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command

/// The verb `martlet resume APP[/SERVICE[/N]]`.
struct ResumeCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "resume",
        abstract: "Let paused containers run on.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array of what they are then.") var json = false
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N.") var target: Target

    func run() async throws {
        InstanceTable.print(try await options.client.change("resume", target), json: json)
    }
}
