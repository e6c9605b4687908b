// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A process of the container: its first, or one that `exec` starts.
    public struct Process: Equatable, Sendable {
        /// The size of a terminal in characters.
        public struct ConsoleSize: Equatable, Sendable {
            /// Lines.
            public var height: UInt16
            /// Columns.
            public var width: UInt16

            /// Describes a size.
            public init(height: UInt16, width: UInt16) {
                self.height = height
                self.width = width
            }

            init(_ at: JSONCursor) throws(ConfigError) {
                height = try at.required("height", "a number of lines").integer()
                width = try at.required("width", "a number of columns").integer()
            }
        }

        /// Who the process is, in the container's ids.
        public struct User: Equatable, Sendable {
            /// User id.
            public var uid: UInt32 = 0
            /// Group id.
            public var gid: UInt32 = 0
            /// File mode creation mask; nil leaves the caller's.
            public var umask: UInt32?
            /// Supplementary groups.
            public var additionalGids: [UInt32] = []

            /// A user without supplementary groups.
            public init(uid: UInt32 = 0, gid: UInt32 = 0) {
                self.uid = uid
                self.gid = gid
            }

            init(_ at: JSONCursor) throws(ConfigError) {
                uid = try at["uid"]?.id() ?? 0
                gid = try at["gid"]?.id() ?? 0
                umask = try at["umask"]?.integer(in: 0...0o777)
                additionalGids =
                    try at["additionalGids"]?.list { (at) throws(ConfigError) in try at.id() } ?? []
            }
        }

        /// Where a process that `exec` starts may run.
        public struct CPUAffinity: Equatable, Sendable {
            /// The processors before it joins the container's cgroup, for example `0-3,7`.
            public var initial: String?
            /// The processors after.
            public var final: String?

            init(_ at: JSONCursor) throws(ConfigError) {
                initial = try at["initial"]?.filled()
                final = try at["final"]?.filled()
            }
        }

        /// It gets a terminal of its own.
        public var terminal = false
        /// The terminal's size; decoded only if there is one.
        public var consoleSize: ConsoleSize?
        /// Who it is; root if the document does not say.
        public var user = User()
        /// The program and its arguments; at least one.
        public var args: [String]
        /// `NAME=value` each.
        public var env: [String] = []
        /// The working directory, absolute.
        public var cwd: String
        /// Its capabilities; nil is none at all.
        public var capabilities: Capabilities?
        /// Resource limits, no type twice.
        public var rlimits: [Rlimit] = []
        /// No program may gain privileges.
        public var noNewPrivileges = false
        /// The AppArmor profile.
        public var apparmorProfile: String?
        /// OOM score adjustment, -1000 to 1000; nil leaves the caller's.
        public var oomScoreAdj: Int?
        /// The SELinux label.
        public var selinuxLabel: String?
        /// How it is scheduled; nil leaves the caller's.
        public var scheduler: Scheduler?
        /// Its I/O priority; nil leaves the caller's.
        public var ioPriority: IOPriority?
        /// Where it may run, if `exec` starts it.
        public var execCPUAffinity: CPUAffinity?

        /// A process of root's without capabilities.
        public init(args: [String], cwd: String = "/") {
            self.args = args
            self.cwd = cwd
        }

        /// Reads and checks a process that stands alone, as `exec --process` has it.
        public init(parsing bytes: [UInt8], document: String) throws(ConfigError) {
            try self.init(JSONCursor(parsing: bytes, document: document))
        }

        /// Decodes and checks a process.
        public init(_ at: JSONCursor) throws(ConfigError) {
            terminal = try at["terminal"]?.bool() ?? false
            // Must be ignored without a terminal.
            if terminal { consoleSize = try at["consoleSize"].map(ConsoleSize.init) }
            user = try at["user"].map(User.init) ?? User()
            let arguments = try at.required("args", "a list of the program and its arguments")
            args = try arguments.strings()
            guard !args.isEmpty else { throw arguments.refused("it is empty: write the program to run") }
            env = try at["env"]?.strings() ?? []
            cwd = try at.required("cwd", "an absolute path, such as /").absolutePath()
            capabilities = try at["capabilities"].map(Capabilities.init)
            if let at = try at["rlimits"] {
                rlimits = try at.list(Rlimit.init)
                try at.refuseTwice(rlimits.map(\.type), member: "type")
            }
            noNewPrivileges = try at["noNewPrivileges"]?.bool() ?? false
            apparmorProfile = try at["apparmorProfile"]?.filled()
            oomScoreAdj = try at["oomScoreAdj"]?.integer(in: -1000...1000)
            selinuxLabel = try at["selinuxLabel"]?.filled()
            scheduler = try at["scheduler"].map(Scheduler.init)
            ioPriority = try at["ioPriority"].map(IOPriority.init)
            execCPUAffinity = try at["execCPUAffinity"].map(CPUAffinity.init)
        }
    }
}
