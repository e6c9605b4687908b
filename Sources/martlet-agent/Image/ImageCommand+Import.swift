// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Images

extension ImageCommand {
    /// `martlet image import`.
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import OCI layouts (folder or tar) and docker archives."
        )
        @OptionGroup var options: FolderOptions
        @Option(help: "The name to give it, for an archive that holds one image.") var name: String?
        @Argument(help: "What to import.") var paths: [String]

        func run() throws {
            let store = try options.imageStore()
            for path in paths {
                for image in try store.importArchive(path, name: name) {
                    Terminal.print("\(image.name) \(image.digest)")
                }
            }
        }
    }
}
