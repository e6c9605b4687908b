// SPDX-License-Identifier: Apache-2.0

/// Limits of a container.
///
/// What is nil is left as it is: not limited, in a new group. The parts follow the OCI runtime specification,
/// section "Control groups"; there 0 is nil too, and -1 takes a limit away.
public struct Resources: Equatable, Sendable {
    /// Memory and swap.
    public var memoryLimits = Memory()
    /// Processor time and processors.
    public var cpu = Processor()
    /// Number of processes and threads.
    public var pids: Int64?
    /// Block devices.
    public var blockIO = BlockIO()
    /// Huge pages: bytes by page size, for example `2MB`.
    public var hugepages: [String: UInt64] = [:]
    /// Marks on the packets of the group, version 1 alone.
    public var network = Network()
    /// Remote memory access: limits by device.
    public var rdma: [String: RemoteMemory] = [:]
    /// Files of the version 2 group with their values, written last.
    public var unified: [String: String] = [:]
    /// The devices that it may use, the last match decides; nil leaves them.
    public var devices: [DeviceRule]?

    /// Processor time in whole processors: 1.5 is one and a half.
    public var processors: Double?
    /// The period in which processor time is counted, microseconds.
    public var period: UInt64 = 100_000
    /// Weight of processor time against siblings, 1 to 10,000; 100 is the usual.
    public var processorWeight: UInt64?

    /// Weight of block devices against siblings, 1 to 10,000, where the kernel counts it; 100 is the usual.
    public var blockWeight: UInt64?
    /// Memory in bytes beyond which the container is slowed down and reclaimed from, version 2 alone.
    public var memoryHigh: UInt64?
    /// Takes that away.
    public var dropsMemoryHigh = false

    /// No limit but the ones given.
    public init(memory: UInt64? = nil, processors: Double? = nil, processes: UInt64? = nil) {
        self.processors = processors
        self.memory = memory
        self.processes = processes
    }

    /// Memory in bytes; beyond it the container is reclaimed from, then killed.
    public var memory: UInt64? {
        get { memoryLimits.limit.flatMap { UInt64(exactly: $0) } }
        set { memoryLimits.limit = newValue.map { Int64(clamping: $0) } }
    }

    /// Memory in bytes that is protected from reclaim.
    public var memoryReservation: UInt64? {
        get { memoryLimits.reservation.flatMap { UInt64(exactly: $0) } }
        set { memoryLimits.reservation = newValue.map { Int64(clamping: $0) } }
    }

    /// The processors that it may run on, for example `0-3,6`.
    public var processorSet: String? {
        get { cpu.cpus }
        set { cpu.cpus = newValue }
    }

    /// Number of processes and threads.
    public var processes: UInt64? {
        get { pids.flatMap { UInt64(exactly: $0) } }
        set { pids = newValue.map { Int64(clamping: $0) } }
    }
}
