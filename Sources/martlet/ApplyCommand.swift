// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command

/// The verb `martlet apply FILE...`, or `martlet apply ID` for a plan that waits.
struct ApplyCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "apply",
        abstract: "Make a desired state the app's next generation.",
        discussion: """
            With the ID of a plan that waits (`martlet status`) in place of a file, exactly that plan is carried out.

            \(Failure.exitCodes)
            """
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "Wait until the app is as desired, or failed.") var wait = false
    @Option(help: "Refuse if other steps were needed than those that `plan` gave this ID.") var plan: String?
    @Option(help: "Refuse if this is not the number of the app's generation; 0 is an app that is not there.")
    var ifGeneration: Int?
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
        try await Apply(
            client: try options.client,
            project: project.named,
            wait: wait,
            plan: plan,
            ifGeneration: ifGeneration,
            now: now,
            signature: signature,
            json: json
        ).run()
    }
}
