// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import FoundationEssentials

/// The verb `martlet clone APP/SERVICE[/N] NEW`.
struct CloneCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "clone",
        abstract: "Run a copy of a container as an app of its own.",
        discussion: """
            It begins with what the container had written to its root, by a snapshot that is taken for it or that you \\
            name. The new app has this one service, once, as the file of the other says, but for host ports, a \\
            container name, fixed addresses, processors of its own and services that it waits for: those it does not \\
            get. Its volumes are its own, and empty.

            """ + Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @OptionGroup var mode: SnapshotCommand.Mode
    @Option(help: "Begin with this snapshot of the service.") var snapshot: String?
    @Flag(help: "One JSON object a line.") var json = false
    @Argument(help: "APP/SERVICE or APP/SERVICE/N.") var target: Target
    @Argument(help: "The name of the new app.") var name: String

    func run() async throws {
        guard let service = target.service else {
            throw ControlError(
                .invalid,
                "\(target)",
                "a clone is of one container",
                "write APP/SERVICE or APP/SERVICE/N"
            )
        }
        let client = try options.client
        let apps: [AppStatus] = try await client.send(ControlRequest(.get, "apps"))
        guard !apps.contains(where: { $0.name == name }) else {
            throw ControlError(.conflict, name, "there is such an app", "choose another name")
        }
        let config = try await client.send(
            ControlRequest(.get, "apps", target.app, "config"),
            as: ModelValue.self
        )
        var base = snapshot
        if base == nil { base = try await client.snapshot(target, nil, mode.mode).name }
        let model = try config.clone(of: service, named: name, on: base ?? "")
        let request = ControlRequest(
            .put,
            "apps",
            name,
            query: ["wait": "1"],
            body: Array(try JSONEncoder().encode(model))
        )
        let lines: ControlLines<ApplyProgress> = try await client.lines(request, mayTakeLong: true)
        try await ProgressScreen(json: json).show(lines, untilOutcome: true)
    }
}
