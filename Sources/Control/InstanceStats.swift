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
    /// Memory in use without what the kernel can drop at once (inactive file pages), bytes.
    public var memory: UInt64
    /// The memory limit, bytes; nil if there is none.
    public var memoryLimit: UInt64?
    /// Processes and threads.
    public var pids: UInt64
    /// The limit of those; nil if there is none.
    public var pidsLimit: UInt64?
    /// Bytes read from block devices; nil where the kernel does not count them.
    public var blockRead: UInt64?
    /// Bytes written to block devices; nil where the kernel does not count them.
    public var blockWrite: UInt64?
    /// When this was read, nanoseconds of the monotonic clock: two readings give a rate.
    public var time: UInt64

    enum CodingKeys: String, CodingKey {
        case app, service, instance, id
        case cpuTime = "cpu_ns"
        case memory
        case memoryLimit = "memory_limit"
        case pids
        case pidsLimit = "pids_limit"
        case blockRead = "block_read"
        case blockWrite = "block_write"
        case time
    }

    /// A reading.
    public init(
        app: String,
        service: String,
        instance: Int,
        id: String,
        cpuTime: UInt64,
        memory: UInt64,
        memoryLimit: UInt64?,
        pids: UInt64,
        pidsLimit: UInt64?,
        blockRead: UInt64?,
        blockWrite: UInt64?,
        time: UInt64
    ) {
        self.app = app
        self.service = service
        self.instance = instance
        self.id = id
        self.cpuTime = cpuTime
        self.memory = memory
        self.memoryLimit = memoryLimit
        self.pids = pids
        self.pidsLimit = pidsLimit
        self.blockRead = blockRead
        self.blockWrite = blockWrite
        self.time = time
    }
}
