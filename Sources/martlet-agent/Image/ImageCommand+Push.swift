// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Images
internal import Linux
internal import Transfer

extension ImageCommand {
    /// `martlet image push`.
    struct Push: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Bring an image of the store to a registry.",
            discussion: "What the registry has is not sent again."
        )
        @OptionGroup var options: FolderOptions
        @OptionGroup var registries: RegistryOptions
        @Argument(help: "The image.") var name: String
        @Argument(help: "Its name at the registry, if it is another.") var target: String?
        var json: Bool { registries.json }

        func run() async throws {
            let local = try Reference(name)
            let target = try self.target.map { try Reference($0) } ?? local
            let client = try registries.client(registries.file.settings())
            let folders = try options.folders()
            let store = try await Thread.run { try ImageStore.open(at: folders.images) }
            let screen = PullScreen(target, json: json)
            defer { screen.end() }
            let digest = try await untilInterrupted { scope in
                try store.push(local, to: target, by: client, in: scope) { screen.show($0) }
            }
            screen.end()
            if !json { Terminal.print("\(target) \(digest)") }
        }
    }
}
