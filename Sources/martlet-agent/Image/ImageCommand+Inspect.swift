// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Images

extension ImageCommand {
    /// `martlet image inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show as JSON what images are, and by which rule they may run."
        )
        @OptionGroup var options: FolderOptions
        @Argument(help: "Names of images.") var names: [String]

        func run() throws {
            let store = try options.imageStore()
            var found: [Picture] = []
            for name in names {
                guard let details = try store.inspect(Reference(name)) else {
                    throw AgentError("inspect", name, "there is no such image: see `martlet image ls`")
                }
                found.append(Picture(details, try store.verdict(on: details.image.digest)))
            }
            Terminal.printJSON(found)
        }
    }

    /// An image as `inspect` shows it.
    private struct Picture: Encodable {
        struct Layer: Encodable {
            let digest: String
            let diffID: String
            let mediaType: String
            let size: Int
            let path: String
            let unpacked: Bool
        }

        let name: String
        let digest: String
        let source: String
        let config: String
        let platform: String
        let created: String?
        let size: Int
        let pinned: Bool
        let entrypoint: [String]?
        let command: [String]?
        let environment: [String]
        let user: String
        let workingDirectory: String
        let exposedPorts: [String]
        let volumes: [String]
        let labels: [String: String]
        let stopSignal: String?
        let layers: [Layer]
        let trust: TrustStatus?

        init(_ details: ImageDetails, _ verdict: TrustVerdict?) {
            let image = details.image
            trust = verdict.map { TrustStatus($0) }
            let config = image.config
            name = image.name
            digest = "\(image.digest)"
            source = "\(details.source)"
            self.config = "\(details.config.digest)"
            platform = "\(config.platform)"
            created = config.created
            size = image.size
            pinned = details.isPinned
            entrypoint = config.entrypoint
            command = config.command
            environment = config.environment
            user = config.user
            workingDirectory = config.workingDirectory
            exposedPorts = config.exposedPorts
            volumes = config.volumes
            labels = config.labels
            stopSignal = config.stopSignal
            layers = details.layers.map {
                Layer(
                    digest: "\($0.blob.digest)",
                    diffID: "\($0.diffID)",
                    mediaType: $0.blob.mediaType,
                    size: $0.blob.size,
                    path: $0.path,
                    unpacked: $0.isUnpacked
                )
            }
        }
    }
}
