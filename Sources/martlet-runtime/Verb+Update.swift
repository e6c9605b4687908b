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
        var config = RuntimeConfig.Resources()
        if let file = options["resources"] {
            let input = file == "-" ? Descriptor.standardInput : try Descriptor.open(file, O_RDONLY)
            config = try RuntimeConfig.Resources(
                parsing: try input.readAll(limit: 1 << 20),
                document: file == "-" ? "standard input" : file
            )
        } else {
            try Self.read(options, into: &config)
        }
        try runtime.update(id, Resources(updating: config))
        return 0
    }

    private static func read(_ options: Options, into config: inout RuntimeConfig.Resources)
        throws(UsageError)
    {
        var memory = RuntimeConfig.Resources.Memory()
        memory.limit = try bytes(options, "memory")
        memory.reservation = try bytes(options, "memory-reservation")
        memory.swap = try bytes(options, "memory-swap")
        config.memory = memory
        var cpu = RuntimeConfig.Resources.CPU()
        cpu.period = try options.number("cpu-period")
        cpu.quota = try options.number("cpu-quota")
        cpu.burst = try options.number("cpu-burst")
        cpu.realtimePeriod = try options.number("cpu-rt-period")
        cpu.realtimeRuntime = try options.number("cpu-rt-runtime")
        cpu.shares = try options.number("cpu-share")
        cpu.idle = try options.number("cpu-idle")
        cpu.cpus = options["cpuset-cpus"]
        cpu.mems = options["cpuset-mems"]
        config.cpu = cpu
        if let limit: Int64 = try options.number("pids-limit") {
            config.pids = RuntimeConfig.Resources.Pids(limit: limit)
        }
        if let weight: UInt16 = try options.number("blkio-weight") {
            var block = RuntimeConfig.Resources.BlockIO()
            block.weight = weight
            config.blockIO = block
        }
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
