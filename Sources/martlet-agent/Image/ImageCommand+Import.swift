// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Images

extension ImageCommand {
    /// `martlet image import`.
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
            let store = try options.imageStore()
            for path in paths {
                for image in try store.importArchive(path, name: name, trust: trust, waivingAge: now) {
                    Terminal.print("\(image.name) \(image.digest)")
                }
            }
        }
    }
}
