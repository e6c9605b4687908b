// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// The limits that systemd has a property for.
    ///
    /// The files of the group hold the exact ones; these keep systemd from writing others over them.
    func properties(_ layout: CgroupMounts.Layout) -> [SystemdProperty] {
        let common = quotaProperties + limit("TasksMax", pids)
        return common + (layout == .unified ? unifiedProperties : legacyProperties)
    }

    /// systemd counts in whole percents of a processor, so the quota is rounded up to one.
    private var quotaProperties: [SystemdProperty] {
        var quota = cpu.quota, period = cpu.period
        if let processors {
            quota = Int64((processors * Double(self.period)).rounded(.down))
            period = self.period
        }
        var properties: [SystemdProperty] = []
        if let period, period > 0 { properties.append(.number("CPUQuotaPeriodUSec", period)) }
        guard let quota, quota != 0 else { return properties }
        let perSecond = UInt64(clamping: quota).multipliedFullWidth(by: 1_000_000)
        let whole = max(period ?? 100_000, 1)
        let time = perSecond.high < whole ? whole.dividingFullWidth(perSecond).quotient : .max
        let rounded = (min(time, .max - 10_000) + 9_999) / 10_000 * 10_000
        return properties + [.number("CPUQuotaPerSecUSec", quota < 0 ? SystemdProperty.infinity : rounded)]
    }

    /// What a group has against those beside it: these are nothing on a group that is alone below another.
    var shares: [SystemdProperty] {
        var properties = limit("MemoryLow", memoryLimits.reservation) + weights
        if memoryLimits.dropsReservation { properties.append(.number("MemoryLow", 0)) }
        if let blockWeight { properties.append(.number("IOWeight", blockWeight)) }
        return properties
    }

    private var weights: [SystemdProperty] {
        var properties: [SystemdProperty] = []
        if let shares = cpu.shares, shares > 0 {
            properties.append(.number("CPUWeight", ChangePlan.weight(shares: shares)))
        } else if let processorWeight {
            properties.append(.number("CPUWeight", processorWeight))
        }
        if let weight = blockIO.weight, weight > 0 {
            properties.append(.number("IOWeight", ChangePlan.ioWeight(blockIO: weight)))
        }
        return properties
    }

    private var unifiedProperties: [SystemdProperty] {
        var properties = limit("MemoryMax", memoryLimits.limit) + limit("MemoryLow", memoryLimits.reservation)
        if let swap = memoryLimits.swap, swap != 0 {
            if swap < 0 { properties.append(.number("MemorySwapMax", SystemdProperty.infinity)) }
            if let limit = memoryLimits.limit, limit > 0, swap >= limit {
                properties.append(.number("MemorySwapMax", UInt64(swap - limit)))
            }
        }
        properties += weights
        if let bits = Self.bits(cpu.cpus) { properties.append(.bytes("AllowedCPUs", bits)) }
        if let bits = Self.bits(cpu.mems) { properties.append(.bytes("AllowedMemoryNodes", bits)) }
        return properties
    }

    private var legacyProperties: [SystemdProperty] {
        var properties = limit("MemoryLimit", memoryLimits.limit)
        if let shares = cpu.shares, shares > 0 { properties.append(.number("CPUShares", shares)) }
        if let weight = blockIO.weight, weight > 0 {
            properties.append(.number("BlockIOWeight", UInt64(weight)))
        }
        return properties
    }

    private func limit(_ name: String, _ value: Int64?) -> [SystemdProperty] {
        guard let value, value != 0 else { return [] }
        return [.number(name, value < 0 ? SystemdProperty.infinity : UInt64(value))]
    }

    /// `0-2,9` as bytes of bits, the lowest first; nil if it is no such list.
    static func bits(_ list: String?) -> [UInt8]? {
        guard let list, !list.isEmpty else { return nil }
        var bits: [UInt8] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low >= 0,
                low <= high,
                high < 65_536
            else { return nil }
            for number in low...high {
                while bits.count <= number / 8 { bits.append(0) }
                bits[number / 8] |= 1 << UInt8(number % 8)
            }
        }
        return bits
    }
}
