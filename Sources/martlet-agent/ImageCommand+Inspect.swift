// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Images

extension ImageCommand {
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect",
            abstract: "Show as JSON what images are, and by which rule they may run."
        )

        private struct Line: Encodable {
            let name: String
            let digest: String
            let platform: String
            let created: String?
            let size: Int
            let layers: [String]
            let trust: TrustStatus?
        }

        @OptionGroup var options: FolderOptions
        @Argument(help: "Names of images.") var names: [String]

        func run() throws {
            let store = try ImageStore.open(at: options.folders().images)
            let lines = try names.map { name in
                guard let image = try store.resolve(Reference(name)) else {
                    throw AgentError("inspect", name, "there is no such image: see `martlet image ls`")
                }
                return Line(
                    name: image.name,
                    digest: "\(image.digest)",
                    platform: "\(image.config.platform)",
                    created: image.config.created,
                    size: image.size,
                    layers: image.layers,
                    trust: try store.verdict(on: image.digest).map { TrustStatus($0) }
                )
            }
            Terminal.printJSON(lines)
        }
    }
}
