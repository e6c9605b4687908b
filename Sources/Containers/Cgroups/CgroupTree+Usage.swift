// SPDX-License-Identifier: Apache-2.0

extension CgroupTree {
    /// What a container uses.
    public struct Usage: Sendable, Equatable {
        /// Processor time, nanoseconds.
        public var cpuTime: UInt64 = 0
        /// Memory without inactive file pages, bytes.
        public var memory: UInt64 = 0
        /// The memory limit, bytes; nil if there is none.
        public var memoryLimit: UInt64?
        /// Processes and threads.
        public var pids: UInt64 = 0
        /// The limit of those; nil if there is none.
        public var pidsLimit: UInt64?
        /// Bytes read from block devices; nil where the kernel does not count them.
        public var blockRead: UInt64?
        /// Bytes written to block devices; nil where the kernel does not count them.
        public var blockWrite: UInt64?
    }

    /// Reads what a container uses; nil if it has no control group any more.
    public func usage(of id: String) throws -> Usage? {
        let folders = try folders(of: id)
        guard folders.exists else { return nil }
        var usage = Usage()
        usage.cpuTime = folders.processorStatistics?.total ?? 0
        if let memory = folders.memoryStatistics {
            usage.memory = memory.main.usage - min(memory.main.usage, memory.inactiveFile)
            usage.memoryLimit = memory.main.limit
        }
        usage.pids = folders.pidsStatistics?.usage ?? 0
        usage.pidsLimit = folders.pidsStatistics?.limit
        // No device is no count, as the agent has it.
        if let blocks = folders.blockStatistics, !blocks.isEmpty {
            usage.blockRead = blocks.reduce(0) { $0 &+ $1.readBytes }
            usage.blockWrite = blocks.reduce(0) { $0 &+ $1.writtenBytes }
        }
        return usage
    }

    /// Everything that is counted of a container; nil if it has no control group any more.
    public func statistics(of id: String) throws -> CgroupStatistics? { try folders(of: id).statistics() }
}
