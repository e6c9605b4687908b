// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Control
internal import Desired

/// The verb `martlet config FILE...`.
struct ConfigCommand: ParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the resolved model of a desired-state file as JSON.",
        discussion: Failure.exitCodes
    )

    @Flag(help: "Give a failure as JSON too.") var json = false
    @OptionGroup var project: ProjectOptions

    func run() throws { Terminal.print(try project.desired().app.canonicalJSON()) }
}
