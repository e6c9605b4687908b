// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Desired
internal import Images

extension ImageCommand {
    /// Where registries are, and who asks them.
    struct RegistryOptions: ParsableArguments {
        @OptionGroup var file: NodeFile
        @Option(help: "A file with user names and passwords, as `docker login` writes it.")
        var authFile: String?
        @Flag(help: "One JSON object a line.") var json = false

        func client(_ settings: NodeSettings) throws -> RegistryClient {
            var configuration = try RegistryConfiguration(settings.registries)
            if let authFile { configuration.credentialFiles.insert(authFile, at: 0) }
            return RegistryClient(configuration)
        }
    }
}
