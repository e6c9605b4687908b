// SPDX-License-Identifier: Apache-2.0

/// What a running container uses, read from its control group.
public struct InstanceStats: Codable, Sendable, Equatable {
    /// The app.
    public var app: String
    /// The service.
    public var service: String
    /// Which one of the service's instances.
    public var instance: Int
    /// The container's id.
    public var id: String
    /// Processor time since its start, nanoseconds.
    public var cpuTime: UInt64
    /// The limit of processor time in processors; nil if there is none.
    public var cpuLimit: Double?
    /// Periods of that limit in which it was used up.
    public var throttledPeriods: UInt64
    /// How long processes waited for a next period, nanoseconds.
    public var throttledTime: UInt64
    /// Memory in use without what the kernel can drop at once (inactive file pages), bytes.
    public var memory: UInt64
    /// The memory limit, bytes; nil if there is none.
    public var memoryLimit: UInt64?
    /// The most memory that was in use since the start, with file pages, bytes; nil where the kernel does not keep it.
    public var memoryPeak: UInt64?
    /// How often the memory limit was hit.
    public var memoryFailures: UInt64
    /// How often the kernel ended a process for want of memory.
    public var outOfMemoryKills: UInt64
    /// Processes and threads.
    public var pids: UInt64
    /// The limit of those; nil if there is none.
    public var pidsLimit: UInt64?
    /// The most processes and threads that there were; nil where the kernel does not keep it.
    public var pidsPeak: UInt64?
    /// How often that limit was hit.
    public var pidsFailures: UInt64
    /// Bytes read from block devices; nil where the kernel does not count them.
    public var blockRead: UInt64?
    /// Bytes written to block devices; nil where the kernel does not count them.
    public var blockWrite: UInt64?
    /// Operations of reading; nil where the kernel does not count them.
    public var blockReads: UInt64?
    /// Operations of writing; nil where the kernel does not count them.
    public var blockWrites: UInt64?
    /// When this was read, nanoseconds of the monotonic clock: two readings give a rate.
    public var time: UInt64

    enum CodingKeys: String, CodingKey {
        case app, service, instance, id
        case cpuTime = "cpu_ns"
        case cpuLimit = "cpu_limit"
        case throttledPeriods = "cpu_throttled"
        case throttledTime = "cpu_throttled_ns"
        case memory
        case memoryLimit = "memory_limit"
        case memoryPeak = "memory_peak"
        case memoryFailures = "memory_failures"
        case outOfMemoryKills = "oom_kills"
        case pids
        case pidsLimit = "pids_limit"
        case pidsPeak = "pids_peak"
        case pidsFailures = "pids_failures"
        case blockRead = "block_read"
        case blockWrite = "block_write"
        case blockReads = "block_reads"
        case blockWrites = "block_writes"
        case time
    }

    /// A reading of nothing at a time.
    public init(app: String, service: String, instance: Int, id: String, time: UInt64) {
        self.app = app
        self.service = service
        self.instance = instance
        self.id = id
        self.time = time
        (cpuTime, throttledPeriods, throttledTime) = (0, 0, 0)
        (memory, memoryFailures, outOfMemoryKills) = (0, 0, 0)
        (pids, pidsFailures) = (0, 0)
    }
}
