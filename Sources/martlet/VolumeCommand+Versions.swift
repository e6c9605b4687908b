// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

// What is done with the versions that a store has of a volume.

extension VolumeCommand {
    /// Which version of a volume is meant.
    struct Choice: ParsableArguments {
        @Option(help: "Of this branch beside the volume.") var branch: String?
        @Option(help: "The version of this number.") var version: UInt64?
        @Option(help: "The version that is called so.") var label: String?
        @Option(help: "The last version of then; so long ago (10m), or as 2026-03-01T12:00:00Z.")
        var at: PointInTime?

        func validate() throws {
            guard [version != nil, label != nil, at != nil].filter({ $0 }).count < 2 else {
                throw ValidationError("--version, --label and --at: keep one of them")
            }
        }

        /// The end of the second that is said.
        fileprivate var time: String? { at.map { "\($0.nanoseconds + 999_999_999)" } }
    }

    /// `martlet volume snapshots APP/VOLUME`.
    struct Snapshots: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Show the versions of a volume that its store has, and those of its branches.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON array.") var json = false
        @Option(name: [.customShort("n"), .long], help: "So many of the volume and of each branch.")
        var last = 100
        @Option(help: "The store, if this node does not know it.") var store: String?
        @Argument(help: "APP/VOLUME.") var volume: Place

        func run() async throws {
            let request = ControlRequest(
                .get,
                "volumes",
                volume.app,
                volume.name,
                "versions",
                query: ["last": "\(last)", "store": store]
            )
            let found: [VolumeVersion] = try await options.client.send(request, mayTakeLong: true)
            if json { Terminal.printJSON(found) } else { VolumeVersion.table(found).print() }
        }
    }

    /// `martlet volume restore APP/VOLUME`.
    struct Restore: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Put a volume back to an earlier version, as a new version of it.",
            discussion: """
                What it has now is committed first, and stays as the version before. While containers use it this is \
                refused, unless they may be stopped; those are started again, also if it fails.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var choice: Choice
        @Flag(help: "Stop the containers that use it, in order, and start them again.") var stopServices =
            false
        @Flag(help: "One JSON object of how it is then.") var json = false
        @Argument(help: "APP/VOLUME.") var volume: Place

        func validate() throws {
            guard choice.branch != nil || choice.version != nil || choice.label != nil || choice.at != nil
            else {
                throw ValidationError("say which version: --at, --version, --label or --branch")
            }
        }

        func run() async throws {
            let request = ControlRequest(
                .post,
                "volumes",
                volume.app,
                volume.name,
                "restore",
                query: [
                    "branch": choice.branch, "version": choice.version.map(String.init),
                    "label": choice.label, "at": choice.time, "stop_services": stopServices ? "1" : nil,
                ]
            )
            let client = try options.client
            let done = try await VolumeScreen(client: client, volume: volume).show {
                try await client.send(request, as: VolumeStatus.self, mayTakeLong: true)
            }
            if json { Terminal.printJSON(done) } else { Terminal.print("\(done.sequence ?? 0)") }
        }
    }

    /// `martlet volume clone APP/VOLUME NEW`.
    struct Clone: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Begin another volume with a version of one, in the same store.",
            discussion: """
                It is one object, whatever the volume has; each goes on by itself. Without a version it is what the \
                volume has now. A service that mounts a volume of the new name, from the same store, gets it.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var choice: Choice
        @Flag(help: "One JSON object of its first version.") var json = false
        @Option(help: "The store, if this node does not know it.") var store: String?
        @Argument(help: "APP/VOLUME.") var volume: Place
        @Argument(help: "The new one: APP/VOLUME, or a volume of the same app.") var new: String

        func run() async throws {
            let request = ControlRequest(
                .post,
                "volumes",
                volume.app,
                volume.name,
                "clone",
                query: [
                    "to": new, "branch": choice.branch, "version": choice.version.map(String.init),
                    "label": choice.label, "at": choice.time, "store": store,
                ]
            )
            let first: VolumeVersion = try await options.client.send(request, mayTakeLong: true)
            if json { Terminal.printJSON(first) } else { Terminal.print("\(new) \(first.reason)") }
        }
    }

    /// `martlet volume verify APP/VOLUME`.
    struct Verify: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Read all that a volume has in its store, and say what is damaged.",
            discussion: """
                Every version that is kept is read, each part once. Ends with 1 if something is damaged.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON object.") var json = false
        @Option(help: "The store, if this node does not know it.") var store: String?
        @Argument(help: "APP/VOLUME.") var volume: Place

        func run() async throws {
            let request = ControlRequest(
                .get,
                "volumes",
                volume.app,
                volume.name,
                "check",
                query: ["store": store]
            )
            let check: VolumeCheck = try await options.client.send(request, mayTakeLong: true)
            if json { Terminal.printJSON(check) } else { check.print() }
            guard check.damaged == 0 else { throw ExitCode(1) }
        }
    }
}
