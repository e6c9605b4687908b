// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import ControlAPI
internal import Desired
internal import Glibc
internal import Linux

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

    func run() async throws {
        guard geteuid() == 0 else {
            throw AgentError("run", "agent", "needs root: namespaces, mounts and cgroups are made")
        }
        if let fault = Failpoint.fault { throw AgentError("run", "agent", fault) }
        try Memory.limit(arenas: 2)
        let settings = try settings()
        let environment = SecretEnvironment.take(settings.secrets.environment)
        try Memory.hide()
        let signals = try Interrupts()
        if withParent { try dieWithParent() }
        let folders = try options.folders()
        let usual = ControlSocket.path(runtime: folders.runtime)
        let path = settings.api.socket ?? usual
        let daemon = Daemon(
            folders: folders,
            settings: settings,
            openFiles: openFiles,
            isPassing: withParent,
            followInterval: followMilliseconds.map { .milliseconds($0) },
            environment: environment
        ) {
            // How far a pull is would fill a journal.
            if $0.pull == nil { Terminal.report($0) }
        }
        try await daemon.run(
            serve: { node, ready in
                try Self.point(usual, at: path)
                try await ControlServer(node: node, path: path, settings: settings).run {
                    if !withParent { Terminal.print("martlet: the agent serves \(path)") }
                    await ready()
                }
            },
            until: signals
        )
    }

    private func settings() throws -> NodeSettings {
        var settings = try file.settings()
        // What the foreground form applies may have the user's own variables.
        settings.secrets.environment.formUnion(secretEnvironment)
        // The node's own agent answers where its settings say.
        if withParent { settings.api = APISettings() }
        return settings
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
