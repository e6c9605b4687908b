internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control
internal import Desired

/// The verb `martlet apply FILE...`.
struct ApplyCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make a desired state the app's next generation.",
        discussion: Failure.exitCodes
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
        let signed = try signature.map(project.signed)
        let file = try signed?.file ?? project.desired()
        let request = ControlRequest(
            .put,
            "apps",
            file.app.name,
            query: ["wait": wait ? "1" : nil, "plan": plan, "now": now ? "1" : nil],
            body: file.body,
            signature: signed?.signature
        )
        let lines: ControlLines<ApplyProgress>
        do {
            lines = try await options.client.lines(request, mayTakeLong: true)
        } catch {
            throw file.placed(error)
        }
        try await ProgressScreen(json: json).show(lines, untilOutcome: wait)
    }
}
