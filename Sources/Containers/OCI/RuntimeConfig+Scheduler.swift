// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// How a process is scheduled, sched_setattr(2).
    public struct Scheduler: Equatable, Sendable {
        /// A scheduling policy, sched(7).
        public enum Policy: String, CaseIterable, Sendable {
            /// The usual one.
            case other = "SCHED_OTHER"
            /// Real time, first in, first out.
            case fifo = "SCHED_FIFO"
            /// Real time in turns.
            case roundRobin = "SCHED_RR"
            /// For work that does not wait for anybody.
            case batch = "SCHED_BATCH"
            /// Reserved, in no kernel.
            case iso = "SCHED_ISO"
            /// Below everything else.
            case idle = "SCHED_IDLE"
            /// By deadlines.
            case deadline = "SCHED_DEADLINE"
        }

        /// A flag of sched_setattr(2).
        public enum Flag: String, CaseIterable, Sendable {
            /// Children start with the usual policy.
            case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
            /// Takes bandwidth that others leave.
            case reclaim = "SCHED_FLAG_RECLAIM"
            /// A signal when it overruns.
            case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
            /// Leaves the policy as it is.
            case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
            /// Leaves the parameters as they are.
            case keepParams = "SCHED_FLAG_KEEP_PARAMS"
            /// A lower bound on utilization.
            case utilClampMin = "SCHED_FLAG_UTIL_CLAMP_MIN"
            /// An upper bound on utilization.
            case utilClampMax = "SCHED_FLAG_UTIL_CLAMP_MAX"
        }

        /// The policy.
        public var policy: Policy
        /// The nice value of the usual policies.
        public var nice: Int32
        /// The priority of the real time policies.
        public var priority: Int32
        /// Flags.
        public var flags: [Flag]
        /// Nanoseconds it may run in a period, by deadline.
        public var runtime: UInt64
        /// Nanoseconds until it must be done.
        public var deadline: UInt64
        /// Nanoseconds of a period.
        public var period: UInt64

        init(_ at: JSONCursor) throws(ConfigError) {
            policy = try at.required("policy", "a policy, such as SCHED_OTHER").choice()
            nice = try at["nice"]?.integer() ?? 0
            priority = try at["priority"]?.integer() ?? 0
            flags = try at["flags"]?.list { (at) throws(ConfigError) in try at.choice() } ?? []
            runtime = try at["runtime"]?.integer() ?? 0
            deadline = try at["deadline"]?.integer() ?? 0
            period = try at["period"]?.integer() ?? 0
        }
    }

    /// The priority of a process's input and output, ioprio_set(2).
    public struct IOPriority: Equatable, Sendable {
        /// A scheduling class.
        public enum Class: String, CaseIterable, Sendable {
            /// Always first.
            case realTime = "IOPRIO_CLASS_RT"
            /// The usual one.
            case bestEffort = "IOPRIO_CLASS_BE"
            /// When nobody else asks.
            case idle = "IOPRIO_CLASS_IDLE"
        }

        /// The class.
        public var `class`: Class
        /// Within the class, 0 is highest and 7 is lowest.
        public var priority: Int

        init(_ at: JSONCursor) throws(ConfigError) {
            `class` = try at.required("class", "a class, such as IOPRIO_CLASS_BE").choice()
            priority = try at.required("priority", "a number from 0 to 7").integer(in: 0...7)
        }
    }
}
