// SPDX-License-Identifier: Apache-2.0
public import Linux

/// One process of a container: its first, or one started inside later.
public struct ProcessSpec: Sendable {
    /// A resource limit, setrlimit(2).
    public struct ResourceLimit: Sendable {
        /// `RLIMIT_*` number.
        public var resource: UInt64
        /// The limit that applies.
        public var soft: UInt64
        /// What the process may raise it to.
        public var hard: UInt64

        /// A limit by its Compose name (`nofile`, `nproc`, ...); nil if there is no such limit.
        public init?(name: String, soft: UInt64, hard: UInt64) {
            let names = [
                "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks",
                "sigpending", "msgqueue", "nice", "rtprio", "rttime",
            ]
            guard let index = names.firstIndex(of: name) else { return nil }
            resource = UInt64(index)
            self.soft = soft
            self.hard = hard
        }
    }

    /// The program and its arguments; the program is searched in the container's `PATH`.
    public var arguments: [String]
    /// `NAME=value` each.
    public var environment: [String] = []
    /// The working directory, absolute.
    public var directory = "/"
    /// User id inside the container.
    public var uid: UInt32 = 0
    /// Group id inside the container.
    public var gid: UInt32 = 0
    /// Supplementary groups.
    public var groups: [UInt32] = []
    /// File mode creation mask.
    public var umask: UInt64 = 0o022
    /// Capabilities that a root process has and nobody can exceed.
    public var capabilities = Capability.standard
    /// The five sets, where they are told one by one.
    public var capabilitySets: CapabilitySets?
    /// No program may gain privileges, prctl(2) `PR_SET_NO_NEW_PRIVS`.
    public var noNewPrivileges = true
    /// The system call filter; nil runs unconfined.
    public var seccomp: SeccompFilter?
    /// Resource limits.
    public var limits: [ResourceLimit] = []
    /// OOM score adjustment, -1000 to 1000; nil leaves the caller's.
    public var oomScore: Int? = 0
    /// A terminal of its own instead of the caller's streams.
    public var terminal: Terminal?
    /// Descriptors that it inherits, numbered from 3 on in this order.
    public var descriptors: [Descriptor] = []
    /// Joins no session keyring of its own.
    public var keepsKeyring = false
    /// How its processor time is given out; nil leaves the caller's.
    public var scheduling: Scheduling?
    /// ioprio_set(2) value: class << 13 | level; nil leaves the caller's.
    public var ioPriority: UInt16?
    /// The processors that it begins on; nil is all of its control group's.
    public var processors: Set<Int>?
    /// personality(2); nil leaves the caller's.
    public var personality: UInt32?
    /// The AppArmor profile that its program runs under; nil leaves the caller's.
    public var apparmorProfile: String?

    /// A process with safe defaults; give it a filter.
    public init(_ arguments: [String], seccomp: SeccompFilter?) {
        self.arguments = arguments
        self.seccomp = seccomp
    }
}

extension ProcessSpec {
    /// A terminal for a process.
    public struct Terminal: Sendable {
        /// The socket that its other end is sent to.
        public var console: Descriptor
        /// Its size in characters; nil leaves it to the other end.
        public var size: (rows: UInt16, columns: UInt16)?

        /// Describes a terminal.
        public init(console: Descriptor, size: (rows: UInt16, columns: UInt16)? = nil) {
            self.console = console
            self.size = size
        }
    }

    /// The parameters of sched_setattr(2).
    public struct Scheduling: Sendable, Equatable {
        /// `SCHED_*` number.
        public var policy: UInt32
        /// `SCHED_FLAG_*` bits.
        public var flags: UInt64 = 0
        /// Nice value.
        public var nice: Int32 = 0
        /// Static priority of the real-time policies.
        public var priority: UInt32 = 0
        /// Deadline parameters, nanoseconds.
        public var runtime: UInt64 = 0
        /// Deadline, nanoseconds.
        public var deadline: UInt64 = 0
        /// Period, nanoseconds.
        public var period: UInt64 = 0

        /// A policy by its number.
        public init(policy: UInt32) { self.policy = policy }

        /// `struct sched_attr`, 56 bytes.
        var attributes: [UInt8] {
            func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value, Array.init) }
            return bytes(UInt32(56)) + bytes(policy) + bytes(flags) + bytes(nice) + bytes(priority)
                + bytes(runtime) + bytes(deadline) + bytes(period) + bytes(UInt64(0))
        }
    }
}

/// The five capability sets of a process, capabilities(7), as bit masks.
public struct CapabilitySets: Sendable, Equatable {
    /// What no program can ever gain beyond.
    public var bounding: UInt64 = 0
    /// What applies.
    public var effective: UInt64 = 0
    /// What may be made effective.
    public var permitted: UInt64 = 0
    /// What survives exec of files that inherit it.
    public var inheritable: UInt64 = 0
    /// What survives exec of ordinary files.
    public var ambient: UInt64 = 0

    /// None.
    public init() {}

    var masks: [UInt64] { [bounding, effective, permitted, inheritable, ambient] }
}

/// The three standard descriptors of a process.
public struct StandardStreams: Sendable {
    let input: Descriptor
    let output: Descriptor
    let error: Descriptor
    var all: [Descriptor] { [input, output, error] }

    /// Takes descriptors that become 0, 1 and 2.
    public init(input: Descriptor, output: Descriptor, error: Descriptor) {
        self.input = input
        self.output = output
        self.error = error
    }
}
