// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Control
internal import ControlAPI
internal import Glibc
internal import Linux

/// The verb `martlet agent`: the daemon.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Run the agent: it makes this host match what is applied, until SIGTERM.",
        discussion: """
            Containers go on when the agent ends, however it ends; the next agent with the same folders takes \
            them over. Where nothing runs and no app is known, nothing is left.
            """
    )

    @OptionGroup var options: FolderOptions

    func run() async throws {
        guard geteuid() == 0 else {
            throw AgentError("run", "agent", "needs root: namespaces, mounts and cgroups are made")
        }
        let signals = try Interrupts()
        let folders = try options.folders()
        let path = ControlSocket.path(runtime: folders.runtime)
        let daemon = Daemon(folders: folders) { Terminal.report($0) }
        try await daemon.run { node, ready in
            try await ControlServer(node: node, path: path).run {
                Terminal.print("martlet: the agent serves \(path)")
                await ready()
            }
        } until: {
            _ = await signals.next()
        }
    }
}
