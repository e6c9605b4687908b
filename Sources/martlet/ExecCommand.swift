internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Glibc
internal import Linux

/// The verb `martlet exec APP/SERVICE[/N] -- COMMAND...`.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        verb: "exec",
        abstract: "Run a command in a running container.",
        discussion:
            "Exits with the status of the command: 126 if it cannot be executed, 127 if it is not found, "
            + "128 plus the signal that killed it. Exits 1 if it could not be tried, 2 on wrong usage."
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(name: .shortAndLong, help: "Pass standard input on.") var interactive = false
    @Flag(name: [.customShort("t"), .customLong("tty")], help: .hidden) var terminal = false
    @Option(name: .shortAndLong, help: "USER, UID, USER:GROUP or UID:GID; the container's own if left out.")
    var user: String?
    @Option(name: .shortAndLong, help: "Folder to start in; the container's own if left out.")
    var workdir: String?
    @Option(name: .shortAndLong, help: "A variable as NAME=VALUE; may be given again.") var env: [String] = []
    @Argument(help: "APP/SERVICE or APP/SERVICE/N.") var target: Target
    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String]

    func validate() throws {
        if terminal { throw ValidationError("-t: not supported yet: leave it out") }
        if target.service == nil { throw ValidationError("'\(target)' names no service") }
        for variable in env where variable.first == "=" || !variable.contains("=") {
            throw ValidationError("-e: '\(variable)' is not NAME=VALUE")
        }
    }

    func run() async throws {
        var request = ControlRequest(
            .post,
            "exec",
            query: [
                "app": target.app, "service": target.service, "instance": target.instance.map(String.init),
                "user": user, "workdir": workdir, "stdin": interactive ? "1" : nil,
            ]
        )
        request.query += command.map { ("command", $0) } + env.map { ("env", $0) }
        let exec = try await options.client.exec(request, hasInput: interactive)
        if interactive {
            // Unstructured, because a read of standard input cannot be cancelled: the process ends around it.
            Task { await Self.passInput(to: exec) }
        }
        var frames = try await exec.frames()
        while let frame = try await frames.next() {
            switch frame.kind {
            case .stdout: Terminal.write(frame.payload, to: STDOUT_FILENO)
            case .stderr: Terminal.write(frame.payload, to: STDERR_FILENO)
            case .exit: throw ExitCode(frame.status ?? 1)
            case .failure:
                throw ControlError(.failed, "\(target)", String(decoding: frame.payload, as: UTF8.self))
            }
            if Terminal.isCut { throw ExitCode(1) }
        }
        throw ControlError(
            .failed,
            "\(target)",
            "the agent's answer ends before the command did",
            "see `martlet status`"
        )
    }

    private static func passInput(to exec: ControlExec) async {
        do {
            let input = try Descriptor(owning: check("dup", "standard input", dup(STDIN_FILENO)))
            while true {
                let bytes = try await Thread.run { try input.read(65_536) }
                if bytes.isEmpty { break }
                try await exec.send(bytes)
            }
            try await exec.endInput()
        } catch is ControlError {
            // The command has ended or closed its input: the answer says so.
        } catch {
            Terminal.complain("\(error)")
            try? await exec.endInput()  // as above
        }
    }
}
