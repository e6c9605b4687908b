// SPDX-License-Identifier: Apache-2.0

/// What a group uses and has used, as far as its controllers count it.
public struct CgroupStatistics: Equatable, Sendable {
    /// A resource that is in use up to a limit.
    public struct Gauge: Equatable, Sendable {
        /// What is in use.
        public var usage: UInt64
        /// The most that was; nil where the kernel does not keep it.
        public var peak: UInt64?
        /// The limit; nil if there is none.
        public var limit: UInt64?
        /// How often the limit was hit.
        public var failures: UInt64

        /// Describes a gauge.
        public init(usage: UInt64 = 0, peak: UInt64? = nil, limit: UInt64? = nil, failures: UInt64 = 0) {
            self.usage = usage
            self.peak = peak
            self.limit = limit
            self.failures = failures
        }
    }

    /// Processor time, in nanoseconds.
    public struct Processor: Equatable, Sendable {
        /// All of it.
        public var total: UInt64 = 0
        /// In programs.
        public var user: UInt64 = 0
        /// In the kernel.
        public var kernel: UInt64 = 0
        /// By processor; version 1 alone.
        public var perProcessor: [UInt64] = []
        /// The limit in processors: quota by period; nil if there is none.
        public var limit: Double?
        /// Periods that have passed with a quota.
        public var periods: UInt64 = 0
        /// Those in which the quota was used up.
        public var throttledPeriods: UInt64 = 0
        /// How long processes waited for a next period.
        public var throttledTime: UInt64 = 0
        /// Periods that used what was saved up; version 2, and newer version 1 kernels.
        public var bursts: UInt64 = 0
        /// Time that was used beyond the quota so.
        public var burstTime: UInt64 = 0
    }

    /// Memory, in bytes.
    public struct Memory: Equatable, Sendable {
        /// All of it but swap.
        public var main = Gauge()
        /// Memory and swap together; nil where swap is not counted.
        public var withSwap: Gauge?
        /// Memory of the kernel; version 1 alone.
        public var kernel: Gauge?
        /// Buffers of TCP; version 1 alone.
        public var kernelTCP: Gauge?
        /// File pages that could be given back at once.
        public var inactiveFile: UInt64 = 0
        /// How often the kernel ended a process for want of memory.
        public var outOfMemoryKills: UInt64 = 0
        /// The counts of `memory.events`; version 2 alone.
        public var events: [String: UInt64] = [:]
        /// The counts of `memory.stat`.
        public var detail: [String: UInt64] = [:]
    }

    /// What was read from and written to one block device.
    public struct Block: Equatable, Sendable {
        /// The device's major number.
        public var major: UInt32
        /// The device's minor number.
        public var minor: UInt32
        /// Bytes read.
        public var readBytes: UInt64 = 0
        /// Bytes written.
        public var writtenBytes: UInt64 = 0
        /// Bytes discarded.
        public var discardedBytes: UInt64 = 0
        /// Operations of reading.
        public var reads: UInt64 = 0
        /// Operations of writing.
        public var writes: UInt64 = 0
        /// Operations of discarding.
        public var discards: UInt64 = 0
    }

    /// Remote memory access of one device.
    public struct RemoteMemory: Equatable, Sendable {
        /// Handles.
        public var handles = Gauge()
        /// Objects.
        public var objects = Gauge()
    }

    /// How long processes waited for a resource, as told by `*.pressure`.
    public struct Pressure: Equatable, Sendable {
        /// One of its two lines.
        public struct Line: Equatable, Sendable {
            /// The share of the last 10 seconds, in percent.
            public var average10: Double = 0
            /// The share of the last 60 seconds, in percent.
            public var average60: Double = 0
            /// The share of the last 300 seconds, in percent.
            public var average300: Double = 0
            /// All of it, microseconds.
            public var total: UInt64 = 0
        }

        /// At least one process waited.
        public var some = Line()
        /// All of them did.
        public var full = Line()
    }

    /// Processor time; nil without the controller.
    public var processor: Processor?
    /// Memory; nil without the controller.
    public var memory: Memory?
    /// Processes and threads; nil without the controller.
    public var pids: Gauge?
    /// Block devices; nil without the controller.
    public var blocks: [Block]?
    /// Huge pages in bytes, by page size: `2MB`.
    public var hugepages: [String: Gauge] = [:]
    /// Remote memory access by device.
    public var rdma: [String: RemoteMemory] = [:]
    /// Waiting times of `cpu`, `memory` and `io`.
    public var pressure: [String: Pressure] = [:]
}
