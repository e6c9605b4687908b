// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import Control

/// A program of verbs: every failure is one line, `martlet: SUBJECT: WHAT: REMEDY`, and an exit code.
package protocol Program: AsyncParsableCommand {
    /// What a failure that only this program knows is for an operator; nil for any other.
    static func cause(of error: any Error) -> ControlError?
}

extension Program {
    /// No failure is this program's own.
    package static func cause(of error: any Error) -> ControlError? { nil }

    /// Runs the verb that these arguments name, and ends the process if it fails.
    package static func run(_ arguments: [String]) async {
        var json = false
        do {
            var command = try parse(arguments)
            json = (command as? any ReportingVerb)?.json ?? false
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            if let failure = Terminal.failure { throw failure }
        } catch let error where exitCode(for: error) == .success || error is ExitCode {
            exit(withError: error)
        } catch let error where exitCode(for: error) == .validationFailure {
            exit(withError: Failure.tellUsage(message(for: error), arguments, of: configuration.subcommands))
        } catch {
            exit(withError: Failure.tell(cause(of: error) ?? error, json: json))
        }
    }

    /// Help, and what is wrong with a command line, are the whole program's to tell; a command line that one verb
    /// understands spares reading about all others.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        let verb = configuration.subcommands.first { $0.configuration.commandName == arguments.first }
        let alone = Array(arguments.dropFirst())
        if let verb, let command = try? verb.parseAsRoot(alone), type(of: command) == verb { return command }
        return try parseAsRoot(arguments)
    }
}
