// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Control

/// The command line.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Immutable-infrastructure node agent: makes a host match one Compose file.",
        discussion: Failure.exitCodes,
        version: VersionReply.current,
        subcommands: [
            AgentCommand.self, RunCommand.self, ValidateCommand.self, ConfigCommand.self, PlanCommand.self,
            ApplyCommand.self,
            DownCommand.self, PsCommand.self, LogsCommand.self, ExecCommand.self, StopCommand.self,
            StartCommand.self, RestartCommand.self, PauseCommand.self, ResumeCommand.self, UpdateCommand.self,
            EventsCommand.self, StatsCommand.self,
            StatusCommand.self, ImageCommand.self, VersionCommand.self,
        ]
    )

    /// Runs a verb.
    ///
    /// Every failure is one line: `martlet: SUBJECT: WHAT: REMEDY`.
    static func main() async {
        var json = false
        do {
            var command = try parseAsRoot()
            json = (command as? any ReportingVerb)?.json ?? false
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error where exitCode(for: error) == .success || error is ExitCode {
            exit(withError: error)
        } catch let error where exitCode(for: error) == .validationFailure {
            exit(withError: Failure.tellUsage(message(for: error), Array(CommandLine.arguments.dropFirst())))
        } catch {
            exit(withError: Failure.tell(error, json: json))
        }
    }
}
