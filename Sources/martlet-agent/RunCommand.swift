internal import Agent
internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Glibc

/// `martlet run FILE`: the foreground form.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: NodeVerb.run.abstract
    )

    @OptionGroup var options: FolderOptions
    @Flag(help: "Do not show the containers' output.") var quiet = false
    @OptionGroup var project: ProjectOptions

    func run() async throws {
        let desired = try project.named.desired()
        let app = try desired.app()
        guard geteuid() == 0 else {
            throw AgentError("run", project.files[0], "needs root: namespaces, mounts and cgroups are made")
        }
        let foreground = Foreground(file: desired, app: app, folders: try options.folders(), quiet: quiet)
        try await foreground.run()
    }
}
