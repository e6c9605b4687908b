// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import Desired
internal import FoundationEssentials

/// The verb `martlet update APP[/SERVICE[/N]] --memory SIZE ...`.
struct UpdateCommand: AsyncParsableCommand, ReportingVerb {
    static let configuration = CommandConfiguration(
        verb: "update",
        abstract: "Change limits of containers while they run.",
        discussion: """
            0 takes a limit away; what is not given stays as it is. The limits hold, also over restarts of the \
            container and of the agent, until the app is applied again: then the file's are put in force. To keep \
            one, write it into the file.

            """ + Failure.exitCodes
    )

    @OptionGroup var options: RuntimeOptions
    @Flag(help: "One JSON array of what they are then.") var json = false
    @Option(help: "Memory, for example 256M.") var memory: Size?
    @Option(help: "Memory that is kept for it.") var memoryReservation: Size?
    @Option(help: "Processors, for example 1.5.") var cpus: Processors?
    @Option(help: "Weight of processor time; 1024 is the usual.") var cpuShares: Int?
    @Option(help: "The processors to run on, for example 0-1,3; \"\" for all.") var cpusetCpus: String?
    @Option(help: "Processes and threads; also -1 is no limit.") var pidsLimit: Int?
    @Argument(help: "APP, APP/SERVICE or APP/SERVICE/N.") var target: Target

    func run() async throws {
        var change = LimitsChange()
        change.memory = memory?.bytes
        change.memoryReservation = memoryReservation?.bytes
        change.cpuNanos = cpus?.nanos
        change.cpuShares = cpuShares
        change.cpuset = cpusetCpus
        change.pids = pidsLimit.map { $0 == -1 ? 0 : $0 }
        let body = Array(try JSONEncoder().encode(change))
        InstanceTable.print(try await options.client.change("update", target, body: body), json: json)
    }
}

/// A size as a file says it: `256M`.
struct Size: ExpressibleByArgument {
    let bytes: Int64

    /// Nil if it is written otherwise.
    init?(argument: String) {
        guard let count = ByteCount(argument) else { return nil }
        bytes = count.bytes
    }
}

/// A number of processors as a file says it: `1.5`.
struct Processors: ExpressibleByArgument {
    let nanos: Int64

    /// Nil if it is written otherwise.
    init?(argument: String) {
        guard let count = CPUCount(argument) else { return nil }
        nanos = count.nanos
    }
}
