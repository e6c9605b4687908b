// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Images

/// The verbs `martlet image ...`, each in a file of its own.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: NodeVerb.image.abstract,
        subcommands: [
            Export.self,
            Import.self,
            Inspect.self,
            List.self,
            Prune.self,
            Pull.self,
            Push.self,
            Remove.self,
            Scrub.self,
            Tag.self,
        ]
    )
}

extension FolderOptions {
    /// Opens the image store of these folders.
    func imageStore() throws -> ImageStore { try ImageStore.open(at: folders().images) }
}
