// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
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
        }

        @OptionGroup var options: FolderOptions
        @Flag(help: "One JSON array.") var json = false

        func run() throws {
            let images = try options.imageStore().list()
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
}
