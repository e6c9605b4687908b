// SPDX-License-Identifier: Apache-2.0

/// What a container may use of the node, and what is kept for it.
///
/// All of it can be changed live.
public struct Resources: Sendable, Equatable {
    /// `memory.max`.
    public var memoryLimit: ByteCount?
    /// `memory.low`.
    public var memoryReservation: ByteCount?
    /// `cpu.max`.
    public var cpuLimit: CPUCount?
    /// The share kept under contention.
    public var cpuReservation: CPUCount?
    /// The weight under contention in the unit of cgroup v1; 1,024 is usual.
    public var cpuShares: Int?
    /// `pids.max`; nil means no limit.
    public var pidsLimit: Int?

    /// Limits and reservations.
    public init(
        memoryLimit: ByteCount? = nil,
        memoryReservation: ByteCount? = nil,
        cpuLimit: CPUCount? = nil,
        cpuReservation: CPUCount? = nil,
        cpuShares: Int? = nil,
        pidsLimit: Int? = nil
    ) {
        self.memoryLimit = memoryLimit
        self.memoryReservation = memoryReservation
        self.cpuLimit = cpuLimit
        self.cpuReservation = cpuReservation
        self.cpuShares = cpuShares
        self.pidsLimit = pidsLimit
    }
}
