internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet status`.
struct StatusCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "status",
        abstract: "Show the node and how far each app is from its desired state.",
        discussion: """
            Exit codes: 0 told; 1 there is no answer, a desired state has expired, or a source that is not optional \
            is not what the node has.
            """
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let status: NodeStatus = try await options.client.send(ControlRequest(.get, "status"))
        if json { Terminal.printJSON(status) } else { Self.lines(status).forEach(Terminal.print) }
        guard status.isCurrent else { throw ExitCode(1) }
    }

    static func lines(_ status: NodeStatus, now: Int64 = Spelling.now) -> [String] {
        var facts = [
            ("node", "\(status.node), generation \(status.generation)"),
            ("agent", "\(status.version), pid \(status.pid)"),
            ("keeper", "pid \(status.keeper)"),
        ]
        if let release = status.release {
            facts.append(("release", release.shown))
            if let failed = release.failed {
                facts.append(
                    (
                        "left",
                        "\(failed.version) of \(failed.image) \(Spelling.age(since: failed.time, now: now).map { "\($0) ago" } ?? ""): \(failed.reason)"
                    )
                )
            }
        }
        let volumes = status.volumes.map { "\($0.app)/\($0.name)" }
        if !volumes.isEmpty { facts.append(("volumes", volumes.joined(separator: ", "))) }
        if let state = status.state { facts.append(("state", state.shown(now: now))) }
        facts += status.conditions.map { ("condition", $0) }
        let head = facts.map { name, value in
            name + String(repeating: " ", count: 11 - name.count) + Terminal.visible(value)
        }
        let sources = status.sources.isEmpty ? [] : [""] + table(status.sources, now: now).lines
        let sinks = status.sinks.isEmpty ? [] : [""] + table(status.sinks, now: now).lines
        let kept = status.volumes.filter { $0.store != nil }
        let stored = kept.isEmpty ? [] : [""] + VolumeStatus.table(kept, now: now).lines
        let isEmpty = status.apps.isEmpty && status.plans.isEmpty
        return head + sources + sinks + stored + (isEmpty ? [] : [""] + appTable(status, now: now).lines)
    }

    private static func table(_ sources: [SourceStatus], now: Int64) -> Table {
        var table = Table("FROM", "KIND", "STATE", " SINCE", "REVISION", "APPS", "REASON")
        for source in sources {
            let colour = ["synced": 32, "loading": nil][source.state] ?? (source.isOptional ? 33 : 31)
            table.add(
                Table.Cell(source.name),
                Table.Cell(source.kind),
                Table.Cell(source.state, colour: colour),
                "\(Spelling.age(since: source.since, now: now) ?? "-")",
                Table.Cell(String((source.revision ?? "").prefix(19))),
                Table.Cell(source.apps.joined(separator: ", ")),
                Table.Cell(source.reason)
            )
        }
        return table
    }

    private static func table(_ sinks: [SinkStatus], now: Int64) -> Table {
        var table = Table("LOGS TO", "KIND", "STATE", " SINCE", " SENT", " LAG", " DROPPED", "REASON")
        for sink in sinks {
            table.add(
                Table.Cell(sink.name),
                Table.Cell(sink.kind),
                Table.Cell(sink.state, colour: sink.state == "ok" ? 32 : 31),
                "\(sink.since.flatMap { Spelling.age(since: $0, now: now) } ?? "-")",
                "\(sink.linesOut)",
                "\(sink.lagLines)",
                "\(sink.dropped.values.reduce(0, +))",
                Table.Cell(sink.reason)
            )
        }
        return table
    }

    private static func appTable(_ status: NodeStatus, now: Int64) -> Table {
        var table = Table("APP", "STATE", " READY", " GENERATION", " AGE", "SOURCE", "REASON")
        for app in status.apps {
            row(&table, app, now: now)
            if let plan = app.plan { row(&table, plan, of: "", now: now) }
            for hold in app.holds {
                table.add("", "held", "-", "-", "-", "-", Table.Cell(hold.description, colour: 33))
            }
            for service in app.services {
                let short = service.ready < service.desired
                table.add(
                    "  \(service.name)",
                    "-",
                    Table.Cell("\(service.ready)/\(service.desired)", colour: short ? 33 : nil),
                    "-",
                    "-",
                    "-",
                    Table.Cell(image(service))
                )
            }
        }
        let known = Set(status.apps.map(\.name))
        for plan in status.plans where !known.contains(plan.app) { row(&table, plan, of: plan.app, now: now) }
        return table
    }

    private static func row(_ table: inout Table, _ plan: WaitingPlan, of app: String, now: Int64) {
        table.add(
            Table.Cell(app),
            "held",
            "-",
            "-",
            "\(Spelling.age(since: plan.since, now: now) ?? "-")",
            Table.Cell(plan.source),
            Table.Cell("\(plan.description): `martlet apply \(plan.id)` carries it out", colour: 33)
        )
    }

    private static func image(_ service: ServiceStatus) -> String {
        let follows = service.follows.map { " follows \($0)" } ?? ""
        let facts = [
            service.image + follows + (service.resolved.map { " to \($0)" } ?? ""),
            service.trust.map { "trusted by \($0.rule)" },
            service.statusText.map { "says: \($0)" },
        ]
        return facts.compactMap(\.self).joined(separator: ", ")
    }

    private static func row(_ table: inout Table, _ app: AppStatus, now: Int64) {
        let colour = ["converged": 32, "failed": 31][app.state] ?? 33
        let ready = app.services.reduce(0) { $0 + $1.ready }
        let desired = app.services.reduce(0) { $0 + $1.desired }
        table.add(
            Table.Cell(app.name),
            Table.Cell(app.state, colour: colour),
            "\(ready)/\(desired)",
            "\(app.generation)",
            "\(Spelling.age(since: app.acceptedAt, now: now) ?? "-")",
            Table.Cell(app.source),
            Table.Cell(app.reason)
        )
    }
}
