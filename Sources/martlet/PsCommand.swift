internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// The verb `martlet ps [APP]`.
struct PsCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "ps",
        abstract: "List containers.",
        discussion: Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array.") var json = false
    @Argument(help: "Only this app's.") var app: String?

    func run() async throws {
        let instances: [InstanceStatus] = try await options.client.send(
            ControlRequest(.get, "instances", query: ["app": app])
        )
        InstanceTable.print(instances, json: json)
    }
}
