internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired

/// The verb `martlet apply FILE...`, or `martlet apply ID` for a plan that waits.
struct ApplyCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make a desired state the app's next generation.",
        discussion: """
            With the ID of a plan that waits (`martlet status`) in place of a file, exactly that plan is carried out.

            \(Failure.exitCodes)
            """
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "Wait until the app is as desired, or failed.") var wait = false
    @Option(help: "Refuse if other steps were needed than those that `plan` gave this ID.") var plan: String?
    @Flag(help: "Images count as old enough for 'min_age' from now on; who said so is an event.")
    var now = false
    @Option(
        help: "What `ssh-keygen -Y sign -n martlet-state` made of the one file, which is sent as it is.",
        completion: .file()
    )
    var signature: String?
    @Flag(help: "One JSON object a line.") var json = false
    @OptionGroup var project: ProjectOptions

    func run() async throws {
        try await ProgressScreen(json: json).show(try await lines(), untilOutcome: wait)
    }

    private func lines() async throws -> ControlLines<ApplyProgress> {
        let (wait, now) = (wait ? "1" : nil, now ? "1" : nil)
        if let id = project.planID, plan == nil, signature == nil {
            let request = ControlRequest(.post, "plans", id, query: ["wait": wait, "now": now])
            return try await options.client.lines(request, mayTakeLong: true)
        }
        let signed = try signature.map(project.signed)
        let file = try signed?.file ?? project.desired()
        let request = ControlRequest(
            .put,
            "apps",
            file.app.name,
            query: ["wait": wait, "plan": plan, "now": now],
            body: file.body,
            signature: signed?.signature
        )
        do {
            return try await options.client.lines(request, mayTakeLong: true)
        } catch {
            throw file.placed(error)
        }
    }
}
