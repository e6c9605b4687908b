// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

// What takes volumes, and what is left of them, away.

extension VolumeCommand {
    /// `martlet volume rm APP/VOLUME`.
    struct Remove: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Remove a volume, or a branch, version or label of it.",
            discussion: """
                A volume goes from this node and from its store, which gives its bytes back two days later. Nothing \
                may mount it, here or elsewhere. Branches beside it stay.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Option(help: "This branch alone, or what is chosen of it.") var branch: String?
        @Option(help: "This version alone.") var version: UInt64?
        @Option(help: "This label alone; the version is kept as long as those without one.") var label:
            String?
        @Flag(help: "Do it: what is removed cannot be had back.") var yes = false
        @Flag(help: "One JSON object of what it was.") var json = false
        @Option(help: "The store, if this node does not know it.") var store: String?
        @Argument(help: "APP/VOLUME.") var volume: Place

        func validate() throws {
            if version != nil, label != nil {
                throw ValidationError("--version and --label: keep one of them")
            }
            guard yes || label != nil else {
                throw ValidationError("what is removed cannot be had back: add --yes")
            }
        }

        func run() async throws {
            let request = ControlRequest(
                .delete,
                "volumes",
                volume.app,
                volume.name,
                query: [
                    "branch": branch, "version": version.map(String.init), "label": label, "store": store,
                ]
            )
            let removed: VolumeRemoval = try await options.client.send(request, mayTakeLong: true)
            if json { Terminal.printJSON(removed) }
        }
    }

    /// `martlet volume gc [APP/VOLUME]`.
    struct Sweep: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            commandName: "gc",
            abstract: "Give up versions that are not to be kept, and delete what no version has; once, now.",
            discussion: """
                The agent does so each hour by itself. What is given up stays for a day, and what no version has \
                then for one more.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON array, one object for each store.") var json = false
        @Option(help: "This store, whatever volumes the node has.") var store: String?
        @Argument(help: "APP/VOLUME; all of this node without one.") var volume: Place?

        func validate() throws {
            if store != nil, volume != nil {
                throw ValidationError("--store and APP/VOLUME: keep one of them")
            }
        }

        func run() async throws {
            let request = ControlRequest(
                .post,
                "volumes",
                "gc",
                query: ["app": volume?.app, "volume": volume?.name, "store": store]
            )
            let done: [SweepStatus] = try await options.client.send(request, mayTakeLong: true)
            if json { Terminal.printJSON(done) } else { SweepStatus.table(done).print() }
        }
    }
}
