internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Desired

/// The verb `martlet validate FILE...`.
struct ValidateCommand: ParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "validate",
        abstract: "Check a desired-state file.",
        discussion: Failure.exitCodes
    )

    private struct Verdict: Encodable {
        let app: String
        let services: [String]
    }

    @Flag(help: "One JSON object.") var json = false
    @OptionGroup var project: ProjectOptions

    func run() throws {
        let app = try project.named.desired().app()
        if json {
            return Terminal.printJSON(Verdict(app: app.name, services: app.services.map(\.name)))
        }
        let services = app.services.count == 1 ? "1 service" : "\(app.services.count) services"
        let jobs = app.jobs.isEmpty ? "" : app.jobs.count == 1 ? ", 1 job" : ", \(app.jobs.count) jobs"
        let names = Terminal.visible(project.files.joined(separator: ", "))
        Terminal.print("\(names): valid: app \(app.name), \(services)\(jobs)")
    }
}
