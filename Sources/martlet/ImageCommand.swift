// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Images
internal import Linux

/// The verbs `martlet image ...`.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "The verified image cache.",
        subcommands: [Import.self, List.self, Remove.self]
    )

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import OCI layouts (folder or tar) and docker archives."
        )
        @OptionGroup var options: FolderOptions
        @Option(help: "The name to give it, for an archive that holds one image.") var name: String?
        @Argument(help: "What to import.") var paths: [String]

        func run() throws {
            let store = try ImageStore.open(at: options.folders().images)
            for path in paths {
                for image in try store.importArchive(path, name: name) {
                    Terminal.print("\(image.name) \(image.digest)")
                }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List images.")
        @OptionGroup var options: FolderOptions

        func run() throws {
            let images = try ImageStore.open(at: options.folders().images).list()
            let width = images.map(\.name.count).max() ?? 0
            for image in images {
                let padded = image.name + String(repeating: " ", count: width - image.name.count)
                Terminal.print(
                    "\(padded)  \(image.digest)  \((image.size + 999_999) / 1_000_000) MB  \(image.layers.count) layers"
                )
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Remove names and what only they used."
        )
        @OptionGroup var options: FolderOptions
        @Argument(help: "Names of images.") var names: [String]

        func run() throws {
            let store = try ImageStore.open(at: options.folders().images)
            for name in names {
                guard try store.remove(Reference(name)) else {
                    throw AgentError("remove", name, "there is no such image: see `martlet image ls`")
                }
            }
        }
    }
}
