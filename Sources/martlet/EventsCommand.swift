internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet events`.
struct EventsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "events",
        abstract: "Show what happens, as it happens.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Option(help: "Begin so long ago: 90s, 10m, 1h30m, 2d.") var since: TimeSpan?
    @Flag(inversion: .prefixedNo, help: "Go on with what comes.") var follow = true
    @Flag(help: "One JSON object a line.") var json = false

    func run() async throws {
        let events: ControlLines<EventRecord> = try await options.client.lines(
            ControlRequest(
                .get,
                "events",
                query: ["follow": follow ? "1" : nil, "since": since.map { "\($0.seconds)" }]
            )
        )
        for try await event in events {
            if json {
                Terminal.printJSON(event)
            } else {
                Terminal.print(Self.line(event))
                for line in event.details ?? [] { Terminal.print("    | \(Terminal.visible(line))") }
            }
            if Terminal.isCut { break }
        }
    }

    static func line(_ event: EventRecord) -> String {
        let subject = [event.app, event.service, event.instance.map(String.init)].compactMap(\.self)
            .joined(separator: "/")
        let columns = [(event.time, 24), (event.kind, 11), (subject.isEmpty ? "node" : subject, 24)]
        let padded = columns.map { text, width in
            let visible = Terminal.visible(text)
            return visible + String(repeating: " ", count: max(0, width - visible.displayWidth))
        }
        let layer = event.pull.map { pull in
            let sizes = [pull.done, pull.total].map { Spelling.size(UInt64(max(0, $0))) }
            return ": \(LayerBars.short(pull.layer)) \(pull.state) \(sizes[0])/\(sizes[1])"
        }
        let reason = Terminal.visible(event.reason + (layer ?? ""))
        let line = (padded + [reason]).joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
