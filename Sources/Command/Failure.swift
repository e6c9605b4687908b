// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import Control

/// How a verb's failure is told: one line on standard error, or one JSON object on standard output.
package enum Failure {
    /// What the exit codes are, for `--help`.
    package static let exitCodes = """
        Exit codes: 0 done; 1 failed or rolled back; 2 invalid file or usage.
        """

    /// Tells it and gives the exit code.
    package static func tell(_ error: any Error, json: Bool) -> ExitCode {
        let cause = cause(of: error)
        if json {
            Terminal.printJSON(ControlErrorReply(cause))
        } else if cause.problems.isEmpty {
            Terminal.complain("\(cause)")
        } else {
            for problem in cause.problems { Terminal.complain(line(problem)) }
        }
        return ExitCode(cause.code == .invalid ? 2 : 1)
    }

    /// A command line that is not understood.
    package static func tellUsage(
        _ message: String,
        _ arguments: [String],
        of verbs: [any ParsableCommand.Type]
    ) -> ExitCode {
        let words = arguments.prefix { $0 != "--" }
        let verb = words.first { !$0.hasPrefix("-") }.flatMap { word in
            verbs.contains { $0.configuration.commandName == word } ? word : nil
        }
        let error = ControlError(
            .invalid,
            verb ?? "command line",
            message,
            "see `martlet \(verb.map { "\($0) " } ?? "")--help`"
        )
        return tell(error, json: words.contains("--json"))
    }

    /// `FILE:LINE:COL: PATH: WHAT: REMEDY`, as far as it is known.
    package static func line(_ problem: ControlError.Problem) -> String {
        var place = problem.file
        if problem.line > 0 { place += ":\(problem.line):\(problem.column)" }
        return [place, problem.path, problem.what, problem.remedy].filter { !$0.isEmpty }
            .joined(separator: ": ")
    }

    private static func cause(of error: any Error) -> ControlError {
        error as? ControlError ?? ControlError(.failed, "", "\(error)")
    }
}
