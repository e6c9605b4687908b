// SPDX-License-Identifier: Apache-2.0

extension ChangePlan {
    func blockIO() throws(ContainerError) -> [CgroupChange] {
        isLegacy("blkio") ? try legacyBlockIO() : try unifiedBlockIO()
    }

    // MARK: Version 1

    private func legacyBlockIO() throws(ContainerError) -> [CgroupChange] {
        let io = resources.blockIO
        var changes: [CgroupChange] = []
        func add(_ file: String, _ value: String) {
            changes.append(CgroupChange(controller: "blkio", file: file, value: value))
        }
        // The scheduler that weights go to: CFQ up to kernel 4, BFQ since.
        let prefix = read("blkio", "blkio.weight") != nil ? "blkio." : "blkio.bfq."
        if let weight = io.weight, weight != 0 { add("\(prefix)weight", "\(weight)") }
        if let weight = resources.blockWeight {
            changes.append(soft("blkio", "\(prefix)weight", min(weight, 1000)))
        }
        if let weight = io.leafWeight, weight != 0 { add("blkio.leaf_weight", "\(weight)") }
        for device in io.deviceWeights {
            let number = "\(device.major):\(device.minor)"
            if let weight = device.weight, weight != 0 {
                add("\(prefix)weight_device", "\(number) \(weight)")
            }
            if let weight = device.leafWeight, weight != 0 {
                add("blkio.leaf_weight_device", "\(number) \(weight)")
            }
        }
        let throttles = [
            ("read_bps", io.readBytes), ("write_bps", io.writeBytes), ("read_iops", io.readOperations),
            ("write_iops", io.writeOperations),
        ]
        for (name, limits) in throttles {
            for limit in limits {
                add("blkio.throttle.\(name)_device", "\(limit.major):\(limit.minor) \(limit.rate)")
            }
        }
        return changes
    }

    /// A weight that is not held where nobody weighs.
    private func soft(_ controller: String, _ file: String, _ weight: UInt64) -> CgroupChange {
        CgroupChange(controller: controller, file: file, value: "\(max(1, weight))", isOptional: true)
    }

    // MARK: Version 2

    private func unifiedBlockIO() throws(ContainerError) -> [CgroupChange] {
        let io = resources.blockIO
        var changes: [CgroupChange] = []
        func add(_ file: String, _ value: String) {
            changes.append(CgroupChange(controller: "io", file: file, value: value))
        }
        let leaf = [io.leafWeight] + io.deviceWeights.map(\.leafWeight)
        guard leaf.allSatisfy({ $0 ?? 0 == 0 }) else {
            throw refuse("leaf weight: only version 1 of control groups has it: remove it")
        }
        let isBFQ = read("io", "io.bfq.weight") != nil
        let file = isBFQ ? "io.bfq.weight" : "io.weight"
        func scaled(_ weight: UInt16) -> UInt64 { isBFQ ? UInt64(weight) : Self.ioWeight(blockIO: weight) }
        if let weight = io.weight, weight != 0 { add(file, "\(scaled(weight))") }
        if let weight = resources.blockWeight {
            changes.append(soft("io", file, isBFQ ? min(weight, 1000) : weight))
        }
        for device in io.deviceWeights {
            guard let weight = device.weight, weight != 0 else { continue }
            add(file, "\(device.major):\(device.minor) \(scaled(weight))")
        }
        let throttles = [
            ("rbps", io.readBytes), ("wbps", io.writeBytes), ("riops", io.readOperations),
            ("wiops", io.writeOperations),
        ]
        for (name, limits) in throttles {
            for limit in limits {
                let rate = limit.rate == 0 ? "max" : "\(limit.rate)"
                add("io.max", "\(limit.major):\(limit.minor) \(name)=\(rate)")
            }
        }
        return changes
    }

    /// Version 1's 10 to 1,000 on version 2's scale of 1 to 10,000, as other runtimes do it.
    static func ioWeight(blockIO weight: UInt16) -> UInt64 {
        1 + (UInt64(min(max(weight, 10), 1000)) - 10) * 9_999 / 990
    }
}
