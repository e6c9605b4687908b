// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Images

extension ImageCommand {
    /// `martlet image tag`.
    struct Tag: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give an image one more name.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "A name that it has.") var source: String
        @Argument(help: "The name to give it.") var name: String

        func run() throws {
            let name = try Reference(name)
            try options.imageStore().tag(Reference(source), as: name)
            Terminal.print("\(name)")
        }
    }
}
