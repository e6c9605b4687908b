// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

/// The OCI runtime's command line: runc's verbs and options, as engines call them.
@main
enum MartletRuntime {
    static let version = "0.1.0"

    private static let options: [Options.Option] = [
        .value("root"), .value("log"), .value("log-format"), .flag("debug"), .flag("systemd-cgroup"),
        .flag("version", "v"), .flag("help", "h"), .value("rootless"), .value("criu"),
    ]

    private static let verbs: [(name: String, what: String, run: (Verb) throws -> Int32)] = [
        ("create", "make a container from a bundle", Verb.create),
        ("delete", "take away what is left of a container", Verb.delete),
        ("events", "print what happens to a container and what it uses", Verb.events),
        ("exec", "run one more process in a container", Verb.exec),
        ("explain", "print the launch program of a bundle", Verb.explain),
        ("features", "print what this runtime can do, as JSON", Verb.features),
        ("kill", "send a signal to a container", Verb.kill),
        ("list", "list containers", Verb.list),
        ("pause", "stop all processes of a container", Verb.pause),
        ("ps", "list the processes of a container", Verb.ps),
        ("resume", "let all processes of a container run on", Verb.resume),
        ("run", "make and start a container", Verb.run),
        ("spec", "write a configuration to start from", Verb.spec),
        ("start", "start the program of a container that was made", Verb.start),
        ("state", "print the state of a container, as JSON", Verb.state),
        ("update", "change limits of a container", Verb.update),
        ("checkpoint", "not supported", Verb.checkpoint),
        ("restore", "not supported", Verb.checkpoint),
    ]

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        var log = Log.standardError
        do {
            let global = try Options(CommandLine.arguments.dropFirst(), options, firstWords: 1)
            guard let format = Log.Format(rawValue: global["log-format"] ?? "text") else {
                throw UsageError("--log-format \(global["log-format"] ?? ""): write text or json")
            }
            log = try Log(global["log"], format)
            if global.has("version") { return print(text: versionText) }
            guard let name = global.words.first, !global.has("help") else { return print(text: help) }
            guard let verb = verbs.first(where: { $0.name == name }) else {
                throw UsageError("\(name): unknown verb: see --help")
            }
            let status = try verb.run(Verb(global, Array(global.words.dropFirst()), log))
            exit(status)
        } catch let error as ExitStatus {
            log.failure("\(error.cause)")
            exit(error.status)
        } catch {
            log.failure("\(error)")
            exit(1)
        }
    }

    private static var versionText: String {
        "martlet-runtime version \(version)\nspec: \(RuntimeConfig.version)\n"
    }

    private static var help: String {
        let width = verbs.map(\.name.count).max() ?? 0
        let lines = verbs.map { verb in
            "  \(verb.name)\(String(repeating: " ", count: width - verb.name.count))  \(verb.what)\n"
        }
        return "martlet-runtime [--root DIR] [--log FILE] [--log-format text|json] [--systemd-cgroup] VERB ...\n\n"
            + lines.joined()
    }

    static func print(text: String) { try? Descriptor.standardOutput.write(Array(text.utf8)) }
}

/// A failure with an exit status of its own.
struct ExitStatus: Error {
    let status: Int32
    let cause: any Error
}
