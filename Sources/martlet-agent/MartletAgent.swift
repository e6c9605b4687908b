// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Keys
internal import Objects

/// The verbs that work on the node itself; `martlet` goes on as this program for them.
@main
struct MartletAgent: Program {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Immutable-infrastructure node agent: makes a host match one Compose file.",
        discussion: Failure.exitCodes,
        version: VersionReply.current,
        subcommands: [
            AgentCommand.self, RunCommand.self, ImageCommand.self, StoreCommand.self, TokenCommand.self,
            ProvisionCommand.self, TunnelCommand.self, FailpointsCommand.self, HaltCommand.self,
            ClearCommand.self, ReleaseCommand.self,
        ]
    )

    static func main() {
        CryptoLibrary.keepToTheEnd()
        run(Array(CommandLine.arguments.dropFirst()))
    }

    static func cause(of error: any Error) -> ControlError? {
        if let error = error as? ObjectError { return ControlError(error) }
        return (error as? AgentError).map { ControlError(.failed, "\($0.operation) \($0.subject)", $0.cause) }
    }
}

extension FolderOptions {
    /// Both folders, made if they are not there.
    func folders() throws -> Folders { try Folders(state: chosenState, runtime: runtime.runtime) }
}
