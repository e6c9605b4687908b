// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Images
internal import Linux
internal import Transfer

extension ImageCommand {
    /// Where registries are, and who asks them.
    struct RegistryOptions: ParsableArguments {
        @OptionGroup var file: NodeFile
        @Option(help: "A file with user names and passwords, as `docker login` writes it.")
        var authFile: String?
        @Flag(help: "One JSON object a line.") var json = false

        func client() throws -> RegistryClient {
            var configuration = try RegistryConfiguration(file.settings())
            if let authFile { configuration.credentialFiles.insert(authFile, at: 0) }
            return RegistryClient(configuration)
        }

        /// Does blocking work until it is done, or until a signal calls it off.
        func run<Result: Sendable>(_ body: @escaping @Sendable (TransferScope) throws -> Result) async throws
            -> Result
        {
            let scope = TransferScope()
            let signals = try Interrupts()
            let watch = Task { if await signals.next() != nil { scope.cancel() } }
            defer { watch.cancel() }
            return try await Thread.run { try body(scope) }
        }
    }

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
            let client = try registries.client()
            let trust = try registries.file.settings().imageTrust?.policy()
            let waivesAge = now
            let folders = try options.folders()
            let store = try await Thread.run { try ImageStore.open(at: folders.images) }
            for name in names {
                let screen = PullScreen(name.description, json: json)
                defer { screen.end() }
                let image = try await registries.run { scope in
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
            let client = try registries.client()
            let folders = try options.folders()
            let store = try await Thread.run { try ImageStore.open(at: folders.images) }
            let screen = PullScreen(target.description, json: json)
            defer { screen.end() }
            let digest = try await registries.run { scope in
                try store.push(local, to: target, by: client, in: scope) { screen.show($0) }
            }
            screen.end()
            if !json { Terminal.print("\(target) \(digest)") }
        }
    }
}
