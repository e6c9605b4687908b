// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

/// The verbs `martlet volume ls|inspect|commit|sync|snapshots|restore|clone|rm|gc|verify`.
struct VolumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume",
        abstract: "Look at named volumes; commit, restore, clone and remove those that are kept in a store.",
        subcommands: [
            List.self, Inspect.self, Commit.self, Sync.self, Snapshots.self, Restore.self, Clone.self,
            Remove.self, Sweep.self, Verify.self,
        ]
    )

    /// `APP/VOLUME`.
    struct Place: ExpressibleByArgument {
        let app: String
        let name: String

        init?(argument: String) {
            let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            (app, name) = (parts[0], parts[1])
        }
    }

    /// `martlet volume ls`.
    struct List: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "Show the volumes of this node.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON array.") var json = false

        func run() async throws {
            let all: [VolumeStatus] = try await options.client.send(ControlRequest(.get, "volumes"))
            if json { Terminal.printJSON(all) } else { VolumeStatus.table(all).print() }
        }
    }

    /// `martlet volume inspect APP/VOLUME`.
    struct Inspect: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Show all that is known of a volume, as one JSON object.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "As always: one JSON object.") var json = false
        @Argument(help: "APP/VOLUME.") var volume: Place

        func run() async throws {
            let found: VolumeStatus = try await options.client.send(
                ControlRequest(.get, "volumes", volume.app, volume.name)
            )
            Terminal.printJSON(found)
        }
    }

    /// `martlet volume commit APP/VOLUME`.
    struct Commit: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Commit a volume now, and print the number of its version.",
            discussion: """
                What containers had written before is in the store when this returns. Where nothing changed, no \
                version is made.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON object of how it is then.") var json = false
        @Option(help: "Call the version so: it is kept until `rm --label` takes the name away.")
        var label: String?
        @Argument(help: "APP/VOLUME.") var volume: Place

        func run() async throws {
            let done = try await options.client.commit(volume, as: label)
            if json { Terminal.printJSON(done) } else { Terminal.print("\(done.sequence ?? 0)") }
        }
    }

    /// `martlet volume sync [APP]`.
    struct Sync: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Commit every volume that is held, of one app or of all.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON array of how they are then.") var json = false
        @Argument(help: "The app; all if there is none.") var app: String?

        func run() async throws {
            let client = try options.client
            let all: [VolumeStatus] = try await client.send(ControlRequest(.get, "volumes"))
            var done: [VolumeStatus] = [], failure: ControlError?
            for volume in all
            where (app ?? volume.app) == volume.app && ["held", "failing"].contains(volume.state) {
                do throws(ControlError) {
                    done.append(try await client.commit(Place(volume)))
                } catch {
                    failure = failure ?? error
                }
            }
            if json { Terminal.printJSON(done) } else { VolumeStatus.table(done).print() }
            if let failure { throw failure }
        }
    }
}

extension VolumeCommand.Place {
    fileprivate init(_ volume: VolumeStatus) { (app, name) = (volume.app, volume.name) }
}

extension ControlClient {
    fileprivate func commit(_ volume: VolumeCommand.Place, as label: String? = nil)
        async throws(ControlError) -> VolumeStatus
    {
        let request = ControlRequest(
            .post,
            "volumes",
            volume.app,
            volume.name,
            "commit",
            query: ["label": label]
        )
        return try await send(request, mayTakeLong: true)
    }
}
