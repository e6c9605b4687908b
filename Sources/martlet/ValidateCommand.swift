// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Desired

/// The verb `martlet validate FILE`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a desired-state file. Exits 2 if it is not valid."
    )

    @Argument(help: "The file.") var file: String

    func run() throws {
        let app = try DesiredFile(file).app
        Terminal.print("\(file): valid: app \(app.name), \(app.services.count) services")
    }
}
