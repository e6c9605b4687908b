// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control

/// The verbs `martlet snapshot create|list|remove`.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keep what a container has written to its root.",
        subcommands: [Create.self, List.self, Remove.self]
    )

    /// What may happen to a container for a snapshot's sake.
    struct Mode: ParsableArguments {
        @Flag(help: "Let it stand still while everything it wrote is copied.") var copy = false
        @Flag(help: "Stop it and start it again; nothing is copied.") var restart = false

        func validate() throws {
            if copy, restart { throw ValidationError("--copy and --restart: keep one of them") }
        }

        var mode: SnapshotMode { copy ? .copy : restart ? .restart : .live }
    }

    /// `martlet snapshot create APP/SERVICE[/N] [NAME]`.
    struct Create: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Take a snapshot.",
            discussion: """
                One that does not run becomes the snapshot and stands on it: nothing is copied. One that runs stands \
                still for a moment; where the file system cannot share data, no more than 64 MiB are copied unless \
                you say how. Volumes are no part of it.

                """ + Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var mode: Mode
        @Flag(help: "One JSON object.") var json = false
        @Argument(help: "APP/SERVICE or APP/SERVICE/N.") var target: Target
        @Argument(help: "What to call it.") var name: String?

        func run() async throws {
            let taken = try await options.client.snapshot(target, name, mode.mode)
            if json { Terminal.printJSON(taken) } else { Terminal.print(taken.name) }
        }
    }

    /// `martlet snapshot list`.
    struct List: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Show the snapshots of this node.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON array.") var json = false

        func run() async throws {
            let all: [SnapshotStatus] = try await options.client.send(ControlRequest(.get, "snapshots"))
            if json { return Terminal.printJSON(all) }
            var table = Table("SNAPSHOT", "OF", "IMAGE", "UPON", "TAKEN", "STATE")
            for snapshot in all {
                table.add(
                    Table.Cell(snapshot.name),
                    "\(snapshot.app)/\(snapshot.service)/\(snapshot.instance)",
                    Table.Cell(snapshot.image),
                    Table.Cell(snapshot.parent ?? "-"),
                    Table.Cell(snapshot.takenAt),
                    snapshot.isUsable ? "usable" : Table.Cell("torn", colour: 31)
                )
            }
            table.print()
        }
    }

    /// `martlet snapshot remove NAME`.
    struct Remove: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Remove a snapshot that nothing stands on.",
            discussion: Failure.exitCodes
        )

        @OptionGroup var options: RuntimeOptions
        @Flag(help: "One JSON object of what it was.") var json = false
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            let removed: SnapshotStatus = try await options.client.send(
                ControlRequest(.delete, "snapshots", name),
                mayTakeLong: true
            )
            if json { Terminal.printJSON(removed) }
        }
    }
}

extension ControlClient {
    /// Takes a snapshot.
    func snapshot(_ target: Target, _ name: String?, _ mode: SnapshotMode) async throws(ControlError)
        -> SnapshotStatus
    {
        let request = ControlRequest(
            .post,
            "apps",
            target.app,
            "snapshot",
            query: [
                "service": target.service, "instance": target.instance.map(String.init), "name": name,
                "mode": mode.rawValue,
            ]
        )
        return try await send(request, mayTakeLong: true)
    }
}
