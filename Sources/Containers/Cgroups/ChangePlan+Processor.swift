// SPDX-License-Identifier: Apache-2.0

extension ChangePlan {
    /// The processors and memory nodes: the same files in both versions.
    func processors() -> [CgroupChange] {
        [("cpuset.cpus", resources.cpu.cpus), ("cpuset.mems", resources.cpu.mems)].compactMap { file, value in
            value.flatMap {
                $0.isEmpty ? nil : CgroupChange(controller: "cpuset", file: file, value: $0)
            }
        }
    }

    func processorTime() throws(ContainerError) -> [CgroupChange] {
        var quota = try asked(resources.cpu.quota, "processor quota")
        var period = resources.cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if let processors = resources.processors {
            guard processors >= 0, processors < 1e9, resources.period < 1 << 32 else {
                throw refuse("\(processors) processors: use a number of processors")
            }
            period = resources.period
            quota = Int64((processors * Double(resources.period)).rounded(.down))
        }
        let bandwidth = isLegacy("cpu") ? legacyBandwidth(quota, period) : unifiedBandwidth(quota, period)
        return try weight() + realtime() + bandwidth
    }

    private func change(_ file: String, _ value: String, otherwise: [CgroupChange] = []) -> CgroupChange {
        CgroupChange(controller: "cpu", file: file, value: value, otherwise: otherwise)
    }

    // MARK: Weight

    /// An idle group has no weight: the kernel refuses one.
    private func weight() throws(ContainerError) -> [CgroupChange] {
        let idle = resources.cpu.idle.map { change("cpu.idle", "\($0)") }
        guard resources.cpu.idle != 1 else { return idle.map { [$0] } ?? [] }
        return [idle, weightChange].compactMap { $0 }
    }

    private var weightChange: CgroupChange? {
        if let shares = resources.cpu.shares, shares > 0 {
            return isLegacy("cpu")
                ? change("cpu.shares", "\(shares)") : change("cpu.weight", "\(Self.weight(shares: shares))")
        }
        guard let weight = resources.processorWeight else { return nil }
        return isLegacy("cpu")
            ? change("cpu.shares", "\(max(2, min(weight, 10_000) * 1024 / 100))")
            : change("cpu.weight", "\(weight)")
    }

    /// Version 1's 2 to 262,144 on version 2's scale of 1 to 10,000, as other runtimes do it.
    static func weight(shares: UInt64) -> UInt64 { 1 + (min(max(shares, 2), 262_144) - 2) * 9_999 / 262_142 }

    // MARK: Quota and period

    /// Between the two writes the group's share of processors may exceed neither the old nor the new one, or the
    /// kernel refuses it for the sake of the group above: a longer period goes first, a shorter one second.
    ///
    /// A share that is too small in between for the groups below is avoided through no quota at all.
    private func legacyBandwidth(_ quota: Int64?, _ period: UInt64?) -> [CgroupChange] {
        var changes: [CgroupChange] = []
        let setQuota = quota.map { change("cpu.cfs_quota_us", "\($0)") }
        let setPeriod = period.map { change("cpu.cfs_period_us", "\($0)") }
        if let setQuota, let setPeriod, let period {
            let free = [change("cpu.cfs_quota_us", "-1"), setPeriod]
            let current = number("cpu", "cpu.cfs_period_us") ?? 0
            changes =
                period >= current
                ? [change(setPeriod.file, setPeriod.value, otherwise: free), setQuota]
                : [change(setQuota.file, setQuota.value, otherwise: free + [setQuota]), setPeriod]
        } else {
            changes = [setQuota, setPeriod].compactMap { $0 }
        }
        return withBurst(changes, "cpu.cfs_burst_us")
    }

    private func unifiedBandwidth(_ quota: Int64?, _ period: UInt64?) -> [CgroupChange] {
        var changes: [CgroupChange] = []
        if quota != nil || period != nil {
            // A number alone leaves the period; a period needs the number said again.
            let current = read("cpu", "cpu.max")?.split(whereSeparator: \.isWhitespace).first.map(String.init)
            let number = quota.map(maximum) ?? current ?? "max"
            changes.append(change("cpu.max", period.map { "\(number) \($0)" } ?? number))
        }
        return withBurst(changes, "cpu.max.burst")
    }

    /// A burst is never above the quota, so a smaller one goes first and a larger one last.
    private func withBurst(_ changes: [CgroupChange], _ file: String) -> [CgroupChange] {
        guard let burst = resources.cpu.burst else { return changes }
        let set = change(file, "\(burst)")
        return burst < number("cpu", file) ?? 0 ? [set] + changes : changes + [set]
    }

    // MARK: Realtime

    private func realtime() throws(ContainerError) -> [CgroupChange] {
        let runtime = try asked(resources.cpu.realtimeRuntime, "realtime runtime")
        let period = resources.cpu.realtimePeriod.flatMap { $0 == 0 ? nil : $0 }
        guard runtime != nil || period != nil else { return [] }
        guard isLegacy("cpu") else {
            throw refuse("realtime limits: only version 1 of control groups has them: remove them")
        }
        let setRuntime = runtime.map { change("cpu.rt_runtime_us", "\($0)") }
        let setPeriod = period.map { change("cpu.rt_period_us", "\($0)") }
        let isLonger = (period ?? 0) >= number("cpu", "cpu.rt_period_us") ?? 0
        return (isLonger ? [setPeriod, setRuntime] : [setRuntime, setPeriod]).compactMap { $0 }
    }
}
