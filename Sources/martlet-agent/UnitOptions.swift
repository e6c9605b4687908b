// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser

/// What the units of an installed agent say on its command line.
struct UnitOptions: ParsableArguments {
    @Flag(help: "The keeper is a unit of its own: wait for it, and start none.")
    var keeperUnit = false

    @Option(help: "With --keeper-unit: the control group that containers are put below. [/]")
    var cgroup: String?

    func validate() throws {
        guard cgroup == nil || keeperUnit else {
            throw ValidationError("--cgroup is for --keeper-unit: add that, or leave it out")
        }
    }

    var place: UnitPlace? { keeperUnit ? UnitPlace(group: cgroup) : nil }
}
