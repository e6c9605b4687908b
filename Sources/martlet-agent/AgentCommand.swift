// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import ControlAPI
internal import Desired
internal import Glibc
internal import Linux
internal import Releases
internal import Systemd

/// The verb `martlet agent`: the daemon.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: NodeVerb.agent.abstract,
        discussion: """
            Containers go on when the agent ends, however it ends; the next agent with the same folders takes \
            them over. Where nothing runs and no app is known, nothing is left.
            """
    )

    @OptionGroup var options: FolderOptions
    @Flag(help: .hidden) var withParent = false
    @Option(help: .hidden) var openFiles: UInt64?
    @Option(help: .hidden) var followMilliseconds: UInt32?
    @Option(help: .hidden) var secretEnvironment: [String] = []
    @OptionGroup var file: NodeFile
    @OptionGroup var unit: UnitOptions

    func run() async throws {
        guard geteuid() == 0 else {
            throw AgentError("run", "agent", "needs root: namespaces, mounts and cgroups are made")
        }
        let missing = KernelCalls.missing
        guard missing.isEmpty else {
            let calls = missing.map { "\($0)(2)" }.joined(separator: ", ")
            throw AgentError(
                "run",
                "agent",
                "this kernel, or a filter around the agent, does not have \(calls): use Linux 5.12 or newer, without the filter"
            )
        }
        if let fault = Failpoint.fault { throw AgentError("run", "agent", fault) }
        try Memory.limit(arenas: 2)
        let lineage = Lineage.take()
        var heritage = try Heritage(lineage)
        // The foreground form's own is no service.
        let (manager, sockets) = (try ServiceManager.take(), try PassedSockets.take())
        try heritage.keep(sockets)
        let (settings, text) = try self.settings()
        let environment = SecretEnvironment.take(settings.secrets.environment)
        heritage.keep(environment)
        try Memory.hide()
        let signals = try Interrupts()
        if withParent { try dieWithParent() }
        let folders = try options.folders()
        let usual = ControlSocket.path(runtime: folders.runtime)
        let socket = try APISocket(sockets)
        let path = socket?.path ?? settings.api.socket ?? usual
        let journal = EventJournal(
            of: settings.name,
            behind: STDERR_FILENO,
            stream: RuntimeOptions.variable("JOURNAL_STREAM")
        )
        let daemon = Daemon(
            folders: folders,
            settings: settings,
            openFiles: openFiles,
            isPassing: withParent,
            place: unit.place,
            manager: withParent ? nil : manager,
            followInterval: followMilliseconds.map { .milliseconds($0) },
            environment: environment,
            lineage: lineage
        ) {
            // How far a pull is would fill a journal.
            guard $0.pull == nil else { return }
            do {
                guard let journal else { return Terminal.report($0) }
                try journal.write($0)
            } catch {
                Terminal.report($0)  // by its standard output, which waits
            }
        }
        let goesOn = try await daemon.run(
            serve: { node, ready in
                try Self.point(usual, at: path)
                try await ControlServer(node: node, path: path, socket: socket?.socket, settings: settings)
                    .run {
                        if !withParent {
                            do { try folders.keepSettings(text) } catch { Terminal.complain("\(error)") }
                            Terminal.print("martlet: the agent serves \(path)")
                        }
                        await ready()
                    }
            },
            until: signals
        )
        // A signal that came meanwhile asks us to end, and we have.
        guard goesOn, !signals.release() else { return }
        do { try heritage.goOn() } catch {
            // Whoever manages us starts the installed program, which comes to the same.
            throw AgentError("go on", lineage?.program ?? "agent", "\(error)")
        }
    }

    private func settings() throws -> (settings: NodeSettings, text: String?) {
        var read = try file.read()
        // What the foreground form applies may have the user's own variables.
        read.settings.secrets.environment.formUnion(secretEnvironment)
        // The node's own agent answers where its settings say.
        if withParent { read.settings.api = APISettings() }
        return read
    }

    /// Ends at once, as if killed, when standard input does: the foreground form holds the other end.
    private func dieWithParent() throws {
        try Thread.detach {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) < 0, errno == EINTR {}
            _exit(0)
        }
    }

    /// Lets clients that know the runtime folder alone find a socket that is elsewhere.
    private static func point(_ usual: String, at path: String) throws {
        guard usual != path else { return }
        unlink(usual)
        try check("symlink", usual, symlink(path, usual))
    }
}
