// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// Limits of memory, in bytes.
    public struct Memory: Equatable, Sendable {
        /// All of it but swap.
        public var limit: Int64?
        /// What is protected from reclaim (version 2), or reclaimed down to when memory is short (version 1).
        public var reservation: Int64?
        /// Takes the reservation away.
        public var dropsReservation = false
        /// Memory and swap together.
        public var swap: Int64?
        /// Buffers of TCP, version 1 alone.
        public var kernelTCP: Int64?
        /// How readily it is swapped, 0 to 100, version 1 alone.
        public var swappiness: UInt64?
        /// Lets processes wait for memory instead of being killed, version 1 alone.
        public var disableOOMKiller: Bool?
        /// Counts what groups below use; newer kernels always do.
        public var useHierarchy: Bool?
        /// Refuses a new limit that is below what is in use.
        public var checkBeforeUpdate: Bool?

        /// No limit.
        public init() {}
    }

    /// Limits of processor time.
    public struct Processor: Equatable, Sendable {
        /// Weight against siblings, 2 to 262,144; 1,024 is the usual.
        public var shares: UInt64?
        /// Processor time in a period, microseconds.
        public var quota: Int64?
        /// What may be saved up for a busy period, microseconds.
        public var burst: UInt64?
        /// The period, microseconds.
        public var period: UInt64?
        /// Time of realtime processes in a realtime period, microseconds, version 1 alone.
        public var realtimeRuntime: Int64?
        /// The realtime period, microseconds, version 1 alone.
        public var realtimePeriod: UInt64?
        /// The processors that it may run on, for example `0-3,6`.
        public var cpus: String?
        /// The memory nodes that it may use, for example `0`.
        public var mems: String?
        /// 1 makes it run only when nobody else wants to.
        public var idle: Int64?

        /// No limit.
        public init() {}
    }

    /// Limits of block devices.
    public struct BlockIO: Equatable, Sendable {
        /// The weight of one device, 10 to 1,000.
        public struct DeviceWeight: Equatable, Sendable {
            /// The device's major number.
            public var major: Int64
            /// The device's minor number.
            public var minor: Int64
            /// Against siblings.
            public var weight: UInt16?
            /// Of the group's own processes against groups below it, old version 1 kernels alone.
            public var leafWeight: UInt16?

            /// Describes a weight.
            public init(major: Int64, minor: Int64, weight: UInt16?, leafWeight: UInt16? = nil) {
                self.major = major
                self.minor = minor
                self.weight = weight
                self.leafWeight = leafWeight
            }
        }

        /// A limit of one device.
        public struct Throttle: Equatable, Sendable {
            /// The device's major number.
            public var major: Int64
            /// The device's minor number.
            public var minor: Int64
            /// Bytes or operations a second; 0 takes the limit away.
            public var rate: UInt64

            /// Describes a limit.
            public init(major: Int64, minor: Int64, rate: UInt64) {
                self.major = major
                self.minor = minor
                self.rate = rate
            }
        }

        /// Weight against siblings, 10 to 1,000.
        public var weight: UInt16?
        /// Weight of the group's own processes against groups below it, old version 1 kernels alone.
        public var leafWeight: UInt16?
        /// Weights of single devices.
        public var deviceWeights: [DeviceWeight] = []
        /// Bytes read a second.
        public var readBytes: [Throttle] = []
        /// Bytes written a second.
        public var writeBytes: [Throttle] = []
        /// Operations of reading a second.
        public var readOperations: [Throttle] = []
        /// Operations of writing a second.
        public var writeOperations: [Throttle] = []

        /// No limit.
        public init() {}
    }

    /// Marks on the packets of the group.
    public struct Network: Equatable, Sendable {
        /// The class that tc(8) and nft(8) can match.
        public var classID: UInt32?
        /// Priorities by network interface.
        public var priorities: [String: UInt32] = [:]

        /// No mark.
        public init() {}
    }

    /// Limits of one device of remote memory access.
    public struct RemoteMemory: Equatable, Sendable {
        /// Handles.
        public var handles: UInt32?
        /// Objects.
        public var objects: UInt32?

        /// Describes limits.
        public init(handles: UInt32? = nil, objects: UInt32? = nil) {
            self.handles = handles
            self.objects = objects
        }
    }
}
