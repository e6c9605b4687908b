// SPDX-License-Identifier: Apache-2.0

extension ChangePlan {
    func memory() throws(ContainerError) -> [CgroupChange] {
        let limit = try asked(resources.memoryLimits.limit, "memory limit")
        let swap = try asked(resources.memoryLimits.swap, "limit of memory and swap")
        if let limit, let swap, swap > 0, limit > swap || limit < 0 {
            throw refuse(
                "\(swap) bytes for memory and swap together are less than the memory limit: raise them, or use -1"
            )
        }
        return isLegacy("memory") ? try legacyMemory(limit, swap) : try unifiedMemory(limit, swap)
    }

    // MARK: Version 1

    private func legacyMemory(_ limit: Int64?, _ swap: Int64?) throws(ContainerError) -> [CgroupChange] {
        let memory = resources.memoryLimits
        var changes = try legacyLimits(limit, swap)
        func add(_ file: String, _ value: String) {
            changes.append(CgroupChange(controller: "memory", file: file, value: value))
        }
        if let low = try asked(memory.reservation, "memory reservation") {
            add("memory.soft_limit_in_bytes", "\(low)")
        } else if memory.dropsReservation {
            add("memory.soft_limit_in_bytes", "-1")
        }
        if let tcp = try asked(memory.kernelTCP, "limit of TCP buffers") {
            add("memory.kmem.tcp.limit_in_bytes", "\(tcp)")
        }
        // Clients that mean "none" send -1 as it comes.
        if let swappiness = memory.swappiness, swappiness != .max {
            add("memory.swappiness", "\(swappiness)")
        }
        if let disable = memory.disableOOMKiller {
            let isDisabled = read("memory", "memory.oom_control")?.contains("oom_kill_disable 1") ?? false
            if disable != isDisabled { add("memory.oom_control", disable ? "1" : "0") }
        }
        if memory.useHierarchy == true, number("memory", "memory.use_hierarchy") == 0 {
            add("memory.use_hierarchy", "1")
        }
        return changes
    }

    /// The kernel never lets the limit of memory exceed that of memory and swap, so what is raised above the
    /// other goes second.
    private func legacyLimits(_ limit: Int64?, _ swap: Int64?) throws(ContainerError) -> [CgroupChange] {
        guard limit != nil || swap != nil else { return [] }
        let file = (limit: "memory.limit_in_bytes", swap: "memory.memsw.limit_in_bytes")
        let current = number("memory", file.swap)
        var swap = swap
        // Memory without bound under a bound of both would be refused.
        if limit == -1, swap == nil, current != nil { swap = -1 }
        let first = limit.map { CgroupChange(controller: "memory", file: file.limit, value: "\($0)") }
        let second = swap.map { CgroupChange(controller: "memory", file: file.swap, value: "\($0)") }
        guard let limit, let current, limit < 0 || UInt64(limit) > current else {
            return [first, second].compactMap { $0 }
        }
        guard swap != nil else {
            throw refuse(
                "memory limit \(limit) is above \(current), the limit of memory and swap: raise both at once"
            )
        }
        return [second, first].compactMap { $0 }
    }

    // MARK: Version 2

    private func unifiedMemory(_ limit: Int64?, _ swap: Int64?) throws(ContainerError) -> [CgroupChange] {
        let memory = resources.memoryLimits
        try refuseLegacyMemory()
        if memory.checkBeforeUpdate == true, let usage = number("memory", "memory.current") {
            // With swap a limit may lie below what memory and swap hold, not below what memory does.
            for bound in [limit, swap].compactMap({ $0 }) where bound > 0 && UInt64(bound) <= usage {
                throw refuse("limit \(bound) is not above the \(usage) bytes in use: stop something first")
            }
        }
        var changes: [CgroupChange] = []
        if let only = try unifiedSwap(limit, swap) {
            changes.append(
                CgroupChange(
                    controller: "memory",
                    file: "memory.swap.max",
                    value: maximum(only),
                    // Without swap accounting there is no swap to keep from it.
                    isOptional: only == 0 || swap == nil
                )
            )
        }
        if let limit {
            changes.append(CgroupChange(controller: "memory", file: "memory.max", value: maximum(limit)))
        }
        if let low = try asked(memory.reservation, "memory reservation") {
            changes.append(CgroupChange(controller: "memory", file: "memory.low", value: maximum(low)))
        } else if memory.dropsReservation {
            changes.append(CgroupChange(controller: "memory", file: "memory.low", value: "0"))
        }
        if let high = resources.memoryHigh {
            changes.append(CgroupChange(controller: "memory", file: "memory.high", value: "\(high)"))
        } else if resources.dropsMemoryHigh {
            changes.append(CgroupChange(controller: "memory", file: "memory.high", value: "max"))
        }
        return changes
    }

    /// Version 2 counts swap alone.
    private func unifiedSwap(_ limit: Int64?, _ swap: Int64?) throws(ContainerError) -> Int64? {
        guard let swap else { return limit == -1 ? -1 : nil }
        guard swap > 0 else { return swap }
        guard let limit = limit ?? number("memory", "memory.max").map({ Int64(clamping: $0) }) else {
            throw refuse("a limit of memory and swap needs one of memory: set both")
        }
        guard limit <= swap else {
            throw refuse("\(swap) bytes for memory and swap together are less than the memory limit \(limit)")
        }
        return swap - limit
    }

    private func refuseLegacyMemory() throws(ContainerError) {
        let memory = resources.memoryLimits
        let tcp = try asked(memory.kernelTCP, "limit of TCP buffers").map { $0 > 0 } ?? false
        let foreign = [
            ("limit of TCP buffers", tcp),
            ("swappiness", memory.swappiness.map { $0 != .max } ?? false),
            ("disabled OOM killer", memory.disableOOMKiller == true),
        ]
        for (name, isAsked) in foreign where isAsked {
            throw refuse("\(name): only version 1 of control groups has it: remove it")
        }
    }
}
