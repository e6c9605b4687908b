// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Glibc
internal import Images
internal import Linux

extension ImageCommand {
    /// `martlet image export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write images to one OCI layout in a tar archive."
        )
        @OptionGroup var options: FolderOptions
        @Option(name: [.short, .long], help: "The file to write; - is standard output.") var output: String
        @Argument(help: "Names of images.") var names: [String]

        func run() throws {
            var references: [Reference] = []
            for name in names { references.append(try Reference(name)) }
            let store = try options.imageStore()
            guard output == "-" else { return try store.exportImages(references, to: output) }
            guard isatty(STDOUT_FILENO) == 0 else {
                throw ValidationError("an archive is not for a terminal: name a file, or redirect")
            }
            try store.exportImages(references, to: .standardOutput, subject: "standard output")
        }
    }
}
