internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired

/// The verb `martlet plan FILE...`, or `martlet plan ID` for a plan that waits.
struct PlanCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "plan",
        abstract: "Show what `apply` would do, and which field causes each step.",
        discussion: """
            With the ID of a plan that waits (`martlet status`) in place of a file, that plan is shown.

            \(Failure.exitCodes)
            """
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON object.") var json = false
    @OptionGroup var project: ProjectOptions

    func run() async throws {
        let plan = try await plan()
        if json { return Terminal.printJSON(plan) }
        for line in Self.images(plan) { Terminal.print(Terminal.visible(line)) }
        guard !plan.steps.isEmpty else { return Terminal.print("\(plan.app): nothing would change") }
        var table = Table("STEP", "REASON")
        for step in plan.steps { table.add(Table.Cell(step.action), Table.Cell(step.reason)) }
        table.print()
        let files = project.files.joined(separator: " ")
        let command = project.named.planID == nil ? "\(files) --plan \(plan.id)" : plan.id
        Terminal.print(
            Terminal.visible("plan \(plan.id): `martlet apply \(command)` does this and no more")
        )
    }

    private func plan() async throws -> PlanReply {
        if let id = project.named.planID {
            return try await options.client.send(ControlRequest(.get, "plans", id))
        }
        let file = try project.named.desired()
        do {
            return try await options.client.send(
                ControlRequest(.post, "apps", file.name, "plan", body: file.body),
                mayTakeLong: true
            )
        } catch {
            throw file.placed(error)
        }
    }

    /// What would be pulled first, and what would be waited for.
    static func images(_ plan: PlanReply) -> [String] {
        plan.images.filter { $0.missing > 0 }.map {
            "pull \($0.image) (\($0.digest)), \(Spelling.size(UInt64(max(0, $0.missing)))), before anything stops"
        } + plan.holds.map(\.description)
    }
}
