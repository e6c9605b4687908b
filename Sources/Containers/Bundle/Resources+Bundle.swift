// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// The limits that a configuration describes.
    ///
    /// The rules for devices are those of the configuration and the devices that every container has.
    public init(_ config: RuntimeConfig.Resources?) throws(ContainerError) {
        self.init()
        guard let config else {
            devices = DeviceRule.standard
            return
        }
        try self.init(updating: config)
        devices = try config.devices.map(DeviceRule.init(checking:)) + DeviceRule.standard
    }

    /// The limits of an update: what is not in it stays.
    public init(updating config: RuntimeConfig.Resources) throws(ContainerError) {
        self.init()
        if let memory = config.memory {
            memoryLimits.limit = memory.limit
            memoryLimits.reservation = memory.reservation
            memoryLimits.swap = memory.swap
            memoryLimits.kernelTCP = memory.kernelTCP
            memoryLimits.swappiness = memory.swappiness
            memoryLimits.disableOOMKiller = memory.disableOOMKiller
            memoryLimits.useHierarchy = memory.useHierarchy
            memoryLimits.checkBeforeUpdate = memory.checkBeforeUpdate
        }
        if let cpu = config.cpu {
            self.cpu.shares = cpu.shares
            self.cpu.quota = cpu.quota
            self.cpu.burst = cpu.burst
            self.cpu.period = cpu.period
            self.cpu.realtimeRuntime = cpu.realtimeRuntime
            self.cpu.realtimePeriod = cpu.realtimePeriod
            self.cpu.cpus = cpu.cpus
            self.cpu.mems = cpu.mems
            self.cpu.idle = cpu.idle
        }
        pids = config.pids?.limit
        if let block = config.blockIO { blockIO = BlockIO(block) }
        for limit in config.hugepageLimits { hugepages[limit.pageSize] = limit.limit }
        network.classID = config.network?.classID
        for priority in config.network?.priorities ?? [] {
            network.priorities[priority.name] = priority.priority
        }
        rdma = config.rdma.mapValues { RemoteMemory(handles: $0.hcaHandles, objects: $0.hcaObjects) }
        unified = config.unified
    }
}

extension Resources.BlockIO {
    init(_ config: RuntimeConfig.Resources.BlockIO) {
        self.init()
        func throttles(_ list: [RuntimeConfig.Resources.BlockIO.Throttle]) -> [Throttle] {
            list.map { Throttle(major: $0.major, minor: $0.minor, rate: $0.rate) }
        }
        weight = config.weight
        leafWeight = config.leafWeight
        deviceWeights = config.weightDevice.map {
            DeviceWeight(major: $0.major, minor: $0.minor, weight: $0.weight, leafWeight: $0.leafWeight)
        }
        readBytes = throttles(config.throttleReadBpsDevice)
        writeBytes = throttles(config.throttleWriteBpsDevice)
        readOperations = throttles(config.throttleReadIOPSDevice)
        writeOperations = throttles(config.throttleWriteIOPSDevice)
    }
}

extension DeviceRule {
    init(checking rule: RuntimeConfig.Resources.DeviceRule) throws(ContainerError) {
        let kind: Kind =
            switch rule.type {
            case nil, .all: .all
            case .block: .block
            case .character: .character
            }
        let access = Access(rule.access ?? "rwm") ?? .everything
        self.init(allow: rule.allow, kind, major: rule.major, minor: rule.minor, access: access)
    }
}
