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
    /// No program may gain privileges, prctl(2) `PR_SET_NO_NEW_PRIVS`.
    public var noNewPrivileges = true
    /// The system call filter; nil runs unconfined.
    public var seccomp: SeccompFilter?
    /// Resource limits.
    public var limits: [ResourceLimit] = []
    /// OOM score adjustment, -1000 to 1000.
    public var oomScore = 0

    /// A process with safe defaults; give it a filter.
    public init(_ arguments: [String], seccomp: SeccompFilter?) {
        self.arguments = arguments
        self.seccomp = seccomp
    }
}

/// The three standard descriptors of a process.
public struct StandardStreams: Sendable {
    let input: Descriptor
    let output: Descriptor
    let error: Descriptor

    /// Takes descriptors that become 0, 1 and 2.
    public init(input: Descriptor, output: Descriptor, error: Descriptor) {
        self.input = input
        self.output = output
        self.error = error
    }
}
