// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Images
internal import Linux

extension ImageCommand {
    /// `martlet image ls`.
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
            let store = try options.imageStore()
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
}
