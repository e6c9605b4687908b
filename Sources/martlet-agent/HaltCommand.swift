// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Desired
internal import Linux

/// The hidden verb `halt`: what the keeper's unit does before the keeper ends, once the agent has.
struct HaltCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halt",
        abstract: NodeVerb.halt.abstract,
        shouldDisplay: false
    )

    @OptionGroup var options: FolderOptions
    @OptionGroup var file: NodeFile
    @OptionGroup var unit: UnitOptions

    func run() async throws {
        if let fault = Failpoint.fault { throw AgentError("halt", "agent", fault) }
        let settings = try file.settings()
        let environment = SecretEnvironment.take(settings.secrets.environment)
        try Memory.hide()
        let daemon = Daemon(
            folders: try options.folders(),
            settings: settings,
            place: unit.place,
            environment: environment
        ) {
            if $0.pull == nil { Terminal.report($0) }
        }
        try await daemon.halt()
    }
}
