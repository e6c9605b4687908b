// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Files: the kernel's cgroup-v2.rst, and cgroup-v1/{cpuacct,memory,pids,blkio-controller,hugetlb}.rst.
extension CgroupFolders {
    /// What the group uses; nil if it is no more.
    func statistics() -> CgroupStatistics? {
        guard exists else { return nil }
        return CgroupStatistics(
            processor: processorStatistics,
            memory: memoryStatistics,
            pids: pidsStatistics,
            blocks: blockStatistics,
            hugepages: hugepageStatistics,
            rdma: rdmaStatistics,
            pressure: pressureStatistics
        )
    }

    var exists: Bool { all().contains { access($0, F_OK) == 0 } }

    /// The words of each line of a file; none if it is not there, or goes away meanwhile.
    static func lines(_ file: String) -> [[Substring]] {
        (text(file) ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    }

    static func number(_ file: String) -> UInt64? { word(file).flatMap { UInt64($0) } }

    /// A limit; none is the word `max`, or in version 1 the largest number of pages.
    static func limit(_ file: String) -> UInt64? { number(file).flatMap { $0 < 1 << 62 ? $0 : nil } }

    // MARK: Processor time

    var processorStatistics: CgroupStatistics.Processor? {
        var processor = CgroupStatistics.Processor()
        if let folder = legacy("cpuacct") {
            guard let total = Self.number("\(folder)/cpuacct.usage") else { return nil }
            processor.total = total
            processor.user = Self.number("\(folder)/cpuacct.usage_user") ?? 0
            processor.kernel = Self.number("\(folder)/cpuacct.usage_sys") ?? 0
            let each = Self.lines("\(folder)/cpuacct.usage_percpu").first ?? []
            processor.perProcessor = each.compactMap { UInt64($0) }
        }
        guard let folder = folder("cpu") else { return legacy("cpuacct") == nil ? nil : processor }
        let fields = Self.fields("\(folder)/cpu.stat")
        if legacy("cpuacct") == nil {
            guard let total = fields["usage_usec"] else { return nil }
            processor.total = total * 1_000
            processor.user = (fields["user_usec"] ?? 0) * 1_000
            processor.kernel = (fields["system_usec"] ?? 0) * 1_000
        }
        processor.limit = processorLimit(folder)
        processor.periods = fields["nr_periods"] ?? 0
        processor.throttledPeriods = fields["nr_throttled"] ?? 0
        processor.throttledTime = fields["throttled_time"] ?? (fields["throttled_usec"] ?? 0) * 1_000
        processor.bursts = fields["nr_bursts"] ?? 0
        processor.burstTime = fields["burst_time"] ?? (fields["burst_usec"] ?? 0) * 1_000
        return processor
    }

    /// Version 2 has both numbers in one file; no quota is `max` there, and -1 in version 1.
    private func processorLimit(_ folder: String) -> Double? {
        var numbers = Self.lines("\(folder)/cpu.max").first?.map { UInt64($0) } ?? []
        if legacy("cpu") != nil {
            numbers = ["quota", "period"].map { Self.number("\(folder)/cpu.cfs_\($0)_us") }
        }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], period > 0 else {
            return nil
        }
        return Double(quota) / Double(period)
    }

    // MARK: Memory

    var memoryStatistics: CgroupStatistics.Memory? {
        if let folder = legacy("memory") { return legacyMemory(folder) }
        return unified.flatMap { unifiedMemory($0) }
    }

    private func legacyMemory(_ folder: String) -> CgroupStatistics.Memory? {
        func gauge(_ name: String) -> CgroupStatistics.Gauge? {
            guard let usage = Self.number("\(folder)/\(name)usage_in_bytes") else { return nil }
            return CgroupStatistics.Gauge(
                usage: usage,
                peak: Self.number("\(folder)/\(name)max_usage_in_bytes"),
                limit: Self.limit("\(folder)/\(name)limit_in_bytes"),
                failures: Self.number("\(folder)/\(name)failcnt") ?? 0
            )
        }
        guard let main = gauge("memory.") else { return nil }
        let detail = Self.fields("\(folder)/memory.stat")
        return CgroupStatistics.Memory(
            main: main,
            withSwap: gauge("memory.memsw."),
            kernel: gauge("memory.kmem."),
            kernelTCP: gauge("memory.kmem.tcp."),
            inactiveFile: detail["total_inactive_file"] ?? detail["inactive_file"] ?? 0,
            outOfMemoryKills: Self.fields("\(folder)/memory.oom_control")["oom_kill"] ?? 0,
            detail: detail
        )
    }

    private func unifiedMemory(_ folder: String) -> CgroupStatistics.Memory? {
        guard let usage = Self.number("\(folder)/memory.current") else { return nil }
        let events = Self.fields("\(folder)/memory.events")
        let main = CgroupStatistics.Gauge(
            usage: usage,
            peak: Self.number("\(folder)/memory.peak"),
            limit: Self.limit("\(folder)/memory.max"),
            failures: events["max"] ?? 0
        )
        var both: CgroupStatistics.Gauge?
        if let swap = Self.number("\(folder)/memory.swap.current") {
            let limit = Self.limit("\(folder)/memory.swap.max")
            both = CgroupStatistics.Gauge(
                usage: usage + swap,
                limit: main.limit.flatMap { memory in limit.map { memory + $0 } },
                failures: Self.fields("\(folder)/memory.swap.events")["max"] ?? 0
            )
        }
        let detail = Self.fields("\(folder)/memory.stat")
        return CgroupStatistics.Memory(
            main: main,
            withSwap: both,
            inactiveFile: detail["inactive_file"] ?? 0,
            outOfMemoryKills: events["oom_kill"] ?? 0,
            events: events,
            detail: detail
        )
    }

    // MARK: Processes

    var pidsStatistics: CgroupStatistics.Gauge? {
        guard let folder = folder("pids"), let usage = Self.number("\(folder)/pids.current") else {
            return nil
        }
        return CgroupStatistics.Gauge(
            usage: usage,
            peak: Self.number("\(folder)/pids.peak"),
            limit: Self.limit("\(folder)/pids.max"),
            failures: Self.fields("\(folder)/pids.events")["max"] ?? 0
        )
    }
}
