// SPDX-License-Identifier: Apache-2.0

/// Limits of a container.
///
/// What is nil is not limited.
public struct Resources: Equatable, Sendable {
    /// Memory in bytes; beyond it the container is reclaimed from, then killed.
    public var memory: UInt64?
    /// Memory in bytes that is protected from reclaim.
    public var memoryReservation: UInt64?
    /// Processor time in whole processors: 1.5 is one and a half.
    public var processors: Double?
    /// The period in which processor time is counted, microseconds.
    public var period: UInt64 = 100_000
    /// The processors that it may run on, for example `0-3,6`.
    public var processorSet: String?
    /// Weight of processor time against siblings, 1 to 10,000; 100 is the usual.
    public var processorWeight: UInt64?
    /// Number of processes and threads.
    public var processes: UInt64?

    /// No limit but the ones given.
    public init(memory: UInt64? = nil, processors: Double? = nil, processes: UInt64? = nil) {
        self.memory = memory
        self.processors = processors
        self.processes = processes
    }
}
