// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// The command line.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Immutable-infrastructure node agent: makes a host match one Compose file.",
        version: "0.1.0",
        subcommands: [AgentCommand.self, ValidateCommand.self, LogsCommand.self, ImageCommand.self]
    )

    /// Runs a verb.
    ///
    /// Every failure is one line: `martlet: SUBJECT: WHAT: REMEDY`.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error where exitCode(for: error) == .success || error is ExitCode || isUsage(error) {
            exit(withError: error)
        } catch {
            Terminal.complain("\(error)")
            exit(withError: ExitCode(1))
        }
    }

    private static func isUsage(_ error: any Error) -> Bool { exitCode(for: error) == .validationFailure }
}
