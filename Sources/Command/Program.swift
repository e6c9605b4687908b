// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import Control
internal import Glibc

/// A program of verbs: every failure is one line, `martlet: SUBJECT: WHAT: REMEDY`, and an exit code.
package protocol Program: AsyncParsableCommand {
    /// What a failure that only this program knows is for an operator; nil for any other.
    static func cause(of error: any Error) -> ControlError?
}

extension Program {
    /// No failure is this program's own.
    package static func cause(of error: any Error) -> ControlError? { nil }

    /// Runs the verb that these arguments name, and ends the process.
    ///
    /// The thread that starts runs the verb if it is given as its executor, and waits otherwise: to serve the main
    /// queue, for which there is no work, would cost two more.
    package static func run(_ arguments: [String], on thread: MainThread? = nil) -> Never {
        signal(SIGPIPE, SIG_IGN)  // a reader that is gone is an error of the write
        let command: any ParsableCommand
        do { command = try parse(arguments) } catch { end(error, arguments) }
        let json = (command as? any ReportingVerb)?.json ?? false
        Task(executorPreference: thread) {
            do {
                var command = command
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                finish(nil, arguments, json: json)
            } catch {
                finish(error, arguments, json: json)
            }
        }
        thread?.run()
        while true { pause() }
    }

    /// Ends the process as what these arguments asked for ended.
    package static func finish(_ failure: (any Error)?, _ arguments: [String], json: Bool) -> Never {
        if let failure = failure ?? Terminal.failure { end(failure, arguments, json: json) }
        Glibc.exit(EXIT_SUCCESS)
    }

    private static func end(_ error: any Error, _ arguments: [String], json: Bool = false) -> Never {
        if error is ExitCode || exitCode(for: error) == .success { exit(withError: error) }
        guard exitCode(for: error) == .validationFailure else {
            exit(withError: Failure.tell(cause(of: error) ?? error, json: json))
        }
        exit(withError: Failure.tellUsage(message(for: error), arguments, of: configuration.subcommands))
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
