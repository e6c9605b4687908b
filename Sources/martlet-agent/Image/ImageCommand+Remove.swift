// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Images

extension ImageCommand {
    /// `martlet image rm`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Remove names and what only they used."
        )
        @OptionGroup var options: FolderOptions
        @Argument(help: "Names of images.") var names: [String]

        func run() throws {
            let store = try options.imageStore()
            for name in names {
                guard try store.remove(Reference(name)) else {
                    throw AgentError("remove", name, "there is no such image: see `martlet image ls`")
                }
            }
        }
    }
}
