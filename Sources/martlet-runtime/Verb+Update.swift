// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    func update() throws -> Int32 {
        let options = try options([
            .value("resources", "r"), .value("blkio-weight"), .value("cpu-period"), .value("cpu-quota"),
            .value("cpu-burst"), .value("cpu-rt-period"), .value("cpu-rt-runtime"), .value("cpu-share"),
            .value("cpu-idle"), .value("cpuset-cpus"), .value("cpuset-mems"), .value("memory"),
            .value("memory-reservation"), .value("memory-swap"), .value("pids-limit"),
        ])
        let id = try options.id()
        var resources = Resources()
        if let file = options["resources"] {
            let input = file == "-" ? Descriptor.standardInput : try Descriptor.open(file, O_RDONLY)
            resources = try Resources(
                parsing: try input.readAll(limit: 1 << 20),
                document: file == "-" ? "standard input" : file
            )
            resources.devices = nil  // an update leaves them
        } else {
            try Self.read(options, into: &resources)
        }
        try runtime.update(id, resources)
        return 0
    }

    private static func read(_ options: Options, into resources: inout Resources) throws(UsageError) {
        resources.memoryLimits.limit = try bytes(options, "memory")
        resources.memoryLimits.reservation = try bytes(options, "memory-reservation")
        resources.memoryLimits.swap = try bytes(options, "memory-swap")
        resources.cpu.period = try options.number("cpu-period")
        resources.cpu.quota = try options.number("cpu-quota")
        resources.cpu.burst = try options.number("cpu-burst")
        resources.cpu.realtimePeriod = try options.number("cpu-rt-period")
        resources.cpu.realtimeRuntime = try options.number("cpu-rt-runtime")
        resources.cpu.shares = try options.number("cpu-share")
        resources.cpu.idle = try options.number("cpu-idle")
        resources.cpu.cpus = options["cpuset-cpus"]
        resources.cpu.mems = options["cpuset-mems"]
        resources.pids = try options.number("pids-limit")
        resources.blockIO.weight = try options.number("blkio-weight")
    }

    /// A number with an optional unit of 1,024s: `64M`.
    private static func bytes(_ options: Options, _ name: String) throws(UsageError) -> Int64? {
        guard let text = options[name] else { return nil }
        let units: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
        var digits = text.lowercased()
        if digits.hasSuffix("b") { digits.removeLast() }
        let factor = digits.last.flatMap { units[$0] }
        if factor != nil { digits.removeLast() }
        guard let number = Int64(digits), number >= -1,
            case let (product, overflow) = number.multipliedReportingOverflow(by: factor ?? 1), !overflow
        else { throw UsageError("--\(name) \(text): not a size: write one like 64M") }
        return product
    }
}
