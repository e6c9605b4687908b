// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command

/// The hidden verb `release`: what an agent asks other programs before it goes on as them.
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Tell version and formats, as JSON.",
        shouldDisplay: false
    )

    func run() { Terminal.printJSON(ReleaseFormats.own) }
}
