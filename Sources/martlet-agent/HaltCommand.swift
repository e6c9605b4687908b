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

    @Option(help: "Who waits for the end waits for so long: 90s, 5m. [MARTLET_HALT_TIME, 80s]")
    var within: TimeSpan?

    func run() async throws {
        if let fault = Failpoint.fault { throw AgentError("halt", "agent", fault) }
        let folders = try options.folders()
        let settings = file.settings(orLastIn: folders).toHalt { Terminal.complain($0) }
        let environment = SecretEnvironment.take(settings.secrets.environment)
        try Memory.hide()
        let daemon = Daemon(
            folders: folders,
            settings: settings,
            place: unit.place,
            environment: environment
        ) {
            if $0.pull == nil { Terminal.report($0) }
        }
        try await daemon.halt(within: .seconds((within ?? Self.usualTime()).seconds))
    }

    /// What the environment says: one that cannot be read ends no container at once.
    private static func usualTime() -> TimeSpan {
        let usual = TimeSpan(seconds: 80)
        guard let text = RuntimeOptions.variable("MARTLET_HALT_TIME") else { return usual }
        if let time = TimeSpan(argument: text) { return time }
        Terminal.complain("MARTLET_HALT_TIME is '\(text)', and 80s are taken: write a time as 90s or 5m")
        return usual
    }
}
