internal import Agent
internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired
internal import Images
internal import Linux

/// The verbs `martlet image ...`.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: NodeVerb.image.abstract,
        subcommands: [Import.self, List.self, Inspect.self, Remove.self]
    )

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import OCI layouts (folder or tar) and docker archives."
        )
        @OptionGroup var options: FolderOptions
        @OptionGroup var file: NodeFile
        @Option(help: "The name to give it, for an archive that holds one image.") var name: String?
        @Flag(help: "It counts as old enough for 'min_age' from now on.") var now = false
        @Argument(help: "What to import.") var paths: [String]

        func run() throws {
            let trust = try file.settings().imageTrust?.policy()
            let store = try ImageStore.open(at: options.folders().images)
            for path in paths {
                for image in try store.importArchive(path, name: name, trust: trust, waivingAge: now) {
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
            let trust: TrustStatus?
        }

        @OptionGroup var options: FolderOptions
        @Flag(help: "One JSON array.") var json = false

        func run() throws {
            let store = try ImageStore.open(at: options.folders().images)
            let lines = try store.list().map { image in
                Line(
                    name: image.name,
                    digest: "\(image.digest)",
                    size: image.size,
                    layers: image.layers,
                    trust: try store.verdict(on: image.digest).map { TrustStatus($0) }
                )
            }
            if json { return Terminal.printJSON(lines) }
            var table = Table("IMAGE", "DIGEST", " SIZE", " LAYERS", "TRUST")
            for line in lines {
                let size = Spelling.size(UInt64(max(0, line.size)))
                table.add(
                    Table.Cell(line.name),
                    "\(line.digest)",
                    "\(size)",
                    "\(line.layers.count)",
                    Table.Cell(line.trust?.rule ?? "-")
                )
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
