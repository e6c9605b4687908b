// SPDX-License-Identifier: Apache-2.0

extension CgroupTree {
    /// What a container uses.
    public struct Usage: Sendable, Equatable {
        /// Processor time, nanoseconds.
        public var cpuTime: UInt64 = 0
        /// The limit of processor time in processors; nil if there is none.
        public var cpuLimit: Double?
        /// Periods of the limit in which it was used up.
        public var throttledPeriods: UInt64 = 0
        /// How long processes waited for a next period, nanoseconds.
        public var throttledTime: UInt64 = 0
        /// Memory without inactive file pages, bytes.
        public var memory: UInt64 = 0
        /// The memory limit, bytes; nil if there is none.
        public var memoryLimit: UInt64?
        /// The most memory that was in use, with file pages, bytes; nil where the kernel does not keep it.
        public var memoryPeak: UInt64?
        /// How often the memory limit was hit.
        public var memoryFailures: UInt64 = 0
        /// How often the kernel ended a process for want of memory.
        public var outOfMemoryKills: UInt64 = 0
        /// Processes and threads.
        public var pids: UInt64 = 0
        /// The limit of those; nil if there is none.
        public var pidsLimit: UInt64?
        /// The most that there were; nil where the kernel does not keep it.
        public var pidsPeak: UInt64?
        /// How often that limit was hit.
        public var pidsFailures: UInt64 = 0
        /// Bytes read from block devices; nil where the kernel does not count them.
        public var blockRead: UInt64?
        /// Bytes written to block devices; nil where the kernel does not count them.
        public var blockWrite: UInt64?
        /// Operations of reading; nil where the kernel does not count them.
        public var blockReads: UInt64?
        /// Operations of writing; nil where the kernel does not count them.
        public var blockWrites: UInt64?
    }

    /// Reads what a container uses; nil if it has no control group any more.
    public func usage(of id: String) throws -> Usage? {
        let folders = try folders(of: id)
        guard folders.exists else { return nil }
        var usage = Usage()
        if let processor = folders.processorStatistics {
            usage.cpuTime = processor.total
            usage.cpuLimit = processor.limit
            usage.throttledPeriods = processor.throttledPeriods
            usage.throttledTime = processor.throttledTime
        }
        if let memory = folders.memoryStatistics {
            usage.memory = memory.main.usage - min(memory.main.usage, memory.inactiveFile)
            usage.memoryLimit = memory.main.limit
            usage.memoryPeak = memory.main.peak
            usage.memoryFailures = memory.main.failures
            usage.outOfMemoryKills = memory.outOfMemoryKills
        }
        if let pids = folders.pidsStatistics {
            usage.pids = pids.usage
            usage.pidsLimit = pids.limit
            usage.pidsPeak = pids.peak
            usage.pidsFailures = pids.failures
        }
        // No device is no count, as the agent has it.
        if let blocks = folders.blockStatistics, !blocks.isEmpty {
            usage.blockRead = blocks.reduce(0) { $0 &+ $1.readBytes }
            usage.blockWrite = blocks.reduce(0) { $0 &+ $1.writtenBytes }
            usage.blockReads = blocks.reduce(0) { $0 &+ $1.reads }
            usage.blockWrites = blocks.reduce(0) { $0 &+ $1.writes }
        }
        return usage
    }

    /// Everything that is counted of a container; nil if it has no control group any more.
    public func statistics(of id: String) throws -> CgroupStatistics? { try folders(of: id).statistics() }
}
