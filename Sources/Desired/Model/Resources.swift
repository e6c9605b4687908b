// SPDX-License-Identifier: Apache-2.0

/// What a container may use of the node, and what is kept for it.
///
/// All of it can be changed live.
public struct Resources: Sendable, Codable, Equatable {
    /// `memory.max`.
    public var memoryLimit: ByteCount?
    /// `memory.high`: beyond it the service is told of and slowed down, not killed.
    public var memoryHigh: ByteCount?
    /// `memory.swap.max`: swap beside the memory limit; nil leaves it to the kernel.
    public var swapLimit: ByteCount?
    /// `memory.low`.
    public var memoryReservation: ByteCount?
    /// `cpu.max`.
    public var cpuLimit: CPUCount?
    /// Processor time in each period (`cpu_quota`), instead of `cpuLimit`; nil means no limit.
    public var cpuQuota: Duration?
    /// How long a period of `cpuQuota` is; nil means 100 ms.
    public var cpuPeriod: Duration?
    /// The processors that it may run on, for example `0-3,6` (`cpuset`); nil means all.
    public var processors: String?
    /// The share kept under contention.
    public var cpuReservation: CPUCount?
    /// The weight under contention in the unit of cgroup v1; 1,024 is usual.
    public var cpuShares: Int?
    /// The weight under contention, 1 to 10,000 (100 is usual); nil leaves it to `latency`.
    public var weight: Int?
    /// Who goes first under contention; nil is `normal`, if nothing else says how much it weighs.
    public var latency: Latency?
    /// Whether `processors` are kept from all other containers of the node.
    public var isExclusive: Bool {
        get { exclusive ?? false }
        set { exclusive = newValue ? true : nil }
    }
    /// Of a record that was written before there was such a thing it is nil.
    private var exclusive: Bool?
    /// `pids.max`; nil means no limit.
    public var pidsLimit: Int?

    /// Limits and reservations.
    public init(
        memoryLimit: ByteCount? = nil,
        memoryReservation: ByteCount? = nil,
        cpuLimit: CPUCount? = nil,
        cpuQuota: Duration? = nil,
        cpuPeriod: Duration? = nil,
        processors: String? = nil,
        cpuReservation: CPUCount? = nil,
        cpuShares: Int? = nil,
        pidsLimit: Int? = nil
    ) {
        self.memoryLimit = memoryLimit
        self.memoryReservation = memoryReservation
        self.cpuLimit = cpuLimit
        self.cpuQuota = cpuQuota
        self.cpuPeriod = cpuPeriod
        self.processors = processors
        self.cpuReservation = cpuReservation
        self.cpuShares = cpuShares
        self.pidsLimit = pidsLimit
    }
}
