// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Linux

/// The hidden verb `failpoints`: where a test can have the agent killed, a name a line.
struct FailpointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failpoints",
        abstract: "List the points at which MARTLET_FAILPOINT kills the agent.",
        shouldDisplay: false
    )

    func run() { for point in Failpoint.allCases { Terminal.print(point.rawValue) } }
}
