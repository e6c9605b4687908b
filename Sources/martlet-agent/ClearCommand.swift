// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command

/// The hidden verb `clear`: what the package does when it is removed, once agent and keeper have ended.
struct ClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract:
            "Give back what the kernel holds for a node that has ended: networks, rules, control groups.",
        shouldDisplay: false
    )

    @OptionGroup var options: FolderOptions

    func run() async throws { try await options.folders().clear() }
}
