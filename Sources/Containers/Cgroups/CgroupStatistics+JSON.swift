// SPDX-License-Identifier: Apache-2.0

extension CgroupStatistics {
    /// As other runtimes print it: `events --stats`.
    public var json: JSON {
        let cpu = processor ?? Processor(), memory = memory ?? Memory(), pids = pids ?? Gauge()
        let throttling: JSON = [
            "periods": JSON(cpu.periods), "throttledPeriods": JSON(cpu.throttledPeriods),
            "throttledTime": JSON(cpu.throttledTime),
        ]
        let processor: JSON = [
            "usage": [
                "total": JSON(cpu.total), "percpu": .array(cpu.perProcessor.map { JSON($0) }),
                "kernel": JSON(cpu.kernel), "user": JSON(cpu.user),
            ],
            "throttling": throttling,
        ]
        var space: [JSON.Member] = [
            .init("usage", memory.main.json),
            .init("cache", JSON(memory.detail["cache"] ?? memory.detail["file"] ?? 0)),
            .init(
                "raw",
                .object(memory.detail.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) })
            ),
        ]
        if let swap = memory.withSwap { space.append(.init("swap", swap.json)) }
        if let kernel = memory.kernel { space.append(.init("kernel", kernel.json)) }
        if let buffers = memory.kernelTCP { space.append(.init("kernelTCP", buffers.json)) }
        space.append(.init("oomKills", JSON(memory.outOfMemoryKills)))
        return [
            "cpu": processor,
            "memory": .object(space),
            "pids": ["current": JSON(pids.usage), "limit": JSON(pids.limit ?? 0)],
        ]
    }
}

extension CgroupStatistics.Gauge {
    /// A limit that is not there is the largest number, as version 1 has it.
    fileprivate var json: JSON {
        [
            "usage": JSON(usage), "max": JSON(peak ?? 0), "limit": JSON(limit ?? UInt64.max),
            "failcnt": JSON(failures),
        ]
    }
}
