internal import Agent
internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Images
internal import Linux

/// The verbs `martlet image ...`.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: NodeVerb.image.abstract,
        subcommands: [Pull.self, Push.self, Import.self, List.self, Remove.self]
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

    struct List: ParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List images.")

        private struct Line: Encodable {
            let name: String
            let digest: String
            let size: Int
            let layers: [String]
        }

        @OptionGroup var options: FolderOptions
        @Flag(help: "One JSON array.") var json = false

        func run() throws {
            let images = try ImageStore.open(at: options.folders().images).list()
            if json {
                return Terminal.printJSON(
                    images.map {
                        Line(name: $0.name, digest: "\($0.digest)", size: $0.size, layers: $0.layers)
                    }
                )
            }
            var table = Table("IMAGE", "DIGEST", " SIZE", " LAYERS")
            for image in images {
                let size = Spelling.size(UInt64(max(0, image.size)))
                table.add(Table.Cell(image.name), "\(image.digest)", "\(size)", "\(image.layers.count)")
            }
            table.print()
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
