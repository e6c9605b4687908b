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

    private static let verbs: [(name: String, what: String, run: @Sendable (Verb) throws -> Int32)] = [
        ("create", "make a container from a bundle", { try $0.create() }),
        ("delete", "take away what is left of a container", { try $0.delete() }),
        ("events", "print what happens to a container and what it uses", { try $0.events() }),
        ("exec", "run one more process in a container", { try $0.exec() }),
        ("explain", "print the launch program of a bundle", { try $0.explain() }),
        ("features", "print what this runtime can do, as JSON", { try $0.features() }),
        ("kill", "send a signal to a container", { try $0.kill() }),
        ("list", "list containers", { try $0.list() }),
        ("pause", "stop all processes of a container", { try $0.pause() }),
        ("ps", "list the processes of a container", { try $0.ps() }),
        ("resume", "let all processes of a container run on", { try $0.resume() }),
        ("run", "make and start a container", { try $0.run() }),
        ("spec", "write a configuration to start from", { try $0.spec() }),
        ("start", "start the program of a container that was made", { try $0.start() }),
        ("state", "print the state of a container, as JSON", { try $0.state() }),
        ("update", "change limits of a container", { try $0.update() }),
        ("checkpoint", "not supported", { try $0.checkpoint() }),
        ("restore", "not supported", { try $0.checkpoint() }),
    ]

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        var log = Log()
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
        return
            "martlet-runtime [--root DIR] [--log FILE] [--log-format text|json] [--systemd-cgroup] VERB ...\n\n"
            + lines.joined()
    }

    static func print(text: String) { try? Descriptor.standardOutput.write(Array(text.utf8)) }
}

/// A failure with an exit status of its own.
struct ExitStatus: Error {
    let status: Int32
    let cause: any Error
}
