// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import Glibc
internal import Linux
internal import Releases

/// The command line.
@main
struct Martlet: Program {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Immutable-infrastructure node agent: makes a host match one Compose file.",
        discussion: Failure.exitCodes,
        version: VersionReply.current,
        subcommands: [
            AgentVerb.self, RunVerb.self, ValidateCommand.self, ConfigCommand.self, PlanCommand.self,
            ApplyCommand.self,
            HistoryCommand.self, RollbackCommand.self, RetryCommand.self,
            DownCommand.self, PsCommand.self, LogsCommand.self, ExecCommand.self, StopCommand.self,
            StartCommand.self, RestartCommand.self, PauseCommand.self, ResumeCommand.self, UpdateCommand.self,
            UpgradeCommand.self,
            SnapshotCommand.self, CloneCommand.self, VolumeCommand.self, JobsCommand.self, EventsCommand.self,
            StatsCommand.self, StatusCommand.self, ImageVerb.self, StoreVerb.self, AuditCommand.self,
            TokenVerb.self, VersionCommand.self,
        ]
    )

    /// Runs a verb.
    static func main() {
        let arguments = ordered(Array(CommandLine.arguments.dropFirst()))
        let word = arguments.first { $0 != "help" } ?? ""
        if let verb = NodeVerb(rawValue: word) { become(verb, arguments) }
        let thread = MainThread()
        if let apply = Apply(plain: arguments) {
            signal(SIGPIPE, SIG_IGN)
            Task(executorPreference: thread) {
                do { try await apply.run() } catch { finish(error, arguments, json: apply.json) }
                finish(nil, arguments, json: apply.json)
            }
            thread.run()
        }
        run(arguments, on: thread)
    }

    /// Whom to ask may also be said before the verb; it is moved behind it, where the verb looks for it.
    private static func ordered(_ arguments: [String]) -> [String] {
        let words = ["--host", "--cacert", "--cert", "--key", "--token-file", "--runtime-dir"]
        var rest = arguments[...]
        var moved: [String] = []
        while let word = rest.first {
            if words.contains(word), rest.count > 1 {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if let equals = word.firstIndex(of: "="), words.contains(String(word[..<equals])) {
                moved.append(word)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + moved + Array(rest[end...])
    }

    private static func asksForHelp(_ arguments: [String]) -> Bool {
        arguments.contains { ["help", "-h", "--help", "--help-hidden", "--version"].contains($0) }
    }

    /// Goes on as `martlet-agent`: of the release that is in force for verbs that are about an agent's state, and else
    /// of what is installed beside this program.
    private static func become(_ verb: NodeVerb, _ arguments: [String]) -> Never {
        let program = "martlet-agent"
        do throws(LinuxError) {
            let path = try ProgramFile.beside(program)
            // A crash report shows what registers point to, and that could be a secret.
            setenv("SWIFT_BACKTRACE", "registers=none", 0)
            if verb.isOfRelease {
                let installed = InstalledPrograms(
                    folder: String(path.dropLast(program.utf8.count + 1)),
                    version: VersionReply.current
                )
                try Entry(installed, state: FolderOptions.state(in: arguments)) { Terminal.complain($0) }
                    .goOn(arguments, isAgent: verb == .agent && !Self.asksForHelp(arguments))
            }
            _ = withCStrings([path] + arguments) { execv(path, $0) }
            throw LinuxError("exec", path, errno: errno)
        } catch {
            let failure = ControlError(.failed, program, "\(error)", "it is installed beside martlet")
            exit(withError: Failure.tell(failure, json: false))
        }
    }
}

/// How `martlet-agent`'s verbs are listed.
private struct AgentVerb: ParsableCommand { static let configuration = listed(.agent) }
private struct RunVerb: ParsableCommand { static let configuration = listed(.run) }
private struct ImageVerb: ParsableCommand { static let configuration = listed(.image) }
private struct StoreVerb: ParsableCommand { static let configuration = listed(.store) }
private struct TokenVerb: ParsableCommand { static let configuration = listed(.token) }

private func listed(_ verb: NodeVerb) -> CommandConfiguration {
    CommandConfiguration(commandName: verb.rawValue, abstract: verb.abstract)
}
