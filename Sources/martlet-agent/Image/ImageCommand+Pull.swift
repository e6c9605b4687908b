// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Images
internal import Linux
internal import Transfer

extension ImageCommand {
    /// `martlet image pull`.
    struct Pull: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Bring images from their registries.",
            discussion: """
                What is here is not fetched again, and a pull that was cut short goes on where it was. Nothing is \
                believed before its digest was computed here.
                """
        )
        @OptionGroup var options: FolderOptions
        @OptionGroup var registries: RegistryOptions
        @Flag(help: "They count as old enough for 'min_age' from now on.") var now = false
        @Argument(help: "Names of images, with a tag or a digest.") var references: [String]
        var json: Bool { registries.json }

        func run() async throws {
            let names = try references.map { try Reference($0) }
            let settings = try registries.file.settings()
            let client = try registries.client(settings)
            let trust = try settings.imageTrust?.policy()
            let waivesAge = now
            let folders = try options.folders()
            let store = try await Thread.run { try ImageStore.open(at: folders.images) }
            for name in names {
                let screen = PullScreen(name, json: json)
                defer { screen.end() }
                let image = try await untilInterrupted { scope in
                    try store.pull(name, from: client, trust: trust, waivingAge: waivesAge, in: scope) {
                        screen.show($0)
                    }
                }
                screen.end()
                if !json { Terminal.print("\(image.name) \(image.digest)") }
            }
            try await Thread.run { try store.settle() }
        }
    }
}
