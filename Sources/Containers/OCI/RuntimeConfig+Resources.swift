// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// Limits of a cgroup.
    ///
    /// What is nil is not set. A zero is as the document has it; some writers mean "not set" by that.
    public struct Resources: Equatable, Sendable {
        /// Memory in bytes; -1 is no limit.
        public struct Memory: Equatable, Sendable {
            /// The limit.
            public var limit: Int64?
            /// The soft limit.
            public var reservation: Int64?
            /// The limit of memory and swap together.
            public var swap: Int64?
            /// The kernel's memory; deprecated.
            public var kernel: Int64?
            /// The kernel's buffers for TCP; deprecated.
            public var kernelTCP: Int64?
            /// How eagerly pages are swapped, 0 to 100.
            public var swappiness: UInt64?
            /// Out of memory, processes wait instead of being killed.
            public var disableOOMKiller: Bool?
            /// Children count towards the limit.
            public var useHierarchy: Bool?
            /// An update below what is in use is refused.
            public var checkBeforeUpdate: Bool?

            /// Nothing set.
            public init() {}

            init(_ at: JSONCursor) throws(ConfigError) {
                limit = try at["limit"]?.integer(in: -1...Int64.max)
                reservation = try at["reservation"]?.integer(in: -1...Int64.max)
                swap = try at["swap"]?.integer(in: -1...Int64.max)
                kernel = try at["kernel"]?.integer(in: -1...Int64.max)
                kernelTCP = try at["kernelTCP"]?.integer(in: -1...Int64.max)
                swappiness = try at["swappiness"]?.integer(in: 0...100)
                disableOOMKiller = try at["disableOOMKiller"]?.bool()
                useHierarchy = try at["useHierarchy"]?.bool()
                checkBeforeUpdate = try at["checkBeforeUpdate"]?.bool()
            }
        }

        /// Processor time; times are microseconds.
        public struct CPU: Equatable, Sendable {
            /// Weight against siblings; 1024 is the usual.
            public var shares: UInt64?
            /// Time in a period; negative is no limit.
            public var quota: Int64?
            /// Time that may be saved up for one period.
            public var burst: UInt64?
            /// The period.
            public var period: UInt64?
            /// Real time processes' time in their period.
            public var realtimeRuntime: Int64?
            /// Real time processes' period.
            public var realtimePeriod: UInt64?
            /// Processors, for example `0-3,6`.
            public var cpus: String?
            /// Memory nodes, in the same form.
            public var mems: String?
            /// 1 runs when nobody else does.
            public var idle: Int64?

            /// Nothing set.
            public init() {}

            init(_ at: JSONCursor) throws(ConfigError) {
                shares = try at["shares"]?.integer()
                quota = try at["quota"]?.integer()
                burst = try at["burst"]?.integer()
                period = try at["period"]?.integer()
                realtimeRuntime = try at["realtimeRuntime"]?.integer()
                realtimePeriod = try at["realtimePeriod"]?.integer()
                cpus = try at["cpus"]?.filled()
                mems = try at["mems"]?.filled()
                idle = try at["idle"]?.integer()
            }
        }

        /// Processes and threads.
        public struct Pids: Equatable, Sendable {
            /// How many; -1 is no limit.
            public var limit: Int64?

            /// A limit.
            public init(limit: Int64?) {
                self.limit = limit
            }

            init(_ at: JSONCursor) throws(ConfigError) {
                limit = try at["limit"]?.integer()
            }
        }

        /// Which devices may be used, in order.
        public var devices: [DeviceRule] = []
        /// Memory.
        public var memory: Memory?
        /// Processor time.
        public var cpu: CPU?
        /// Processes and threads.
        public var pids: Pids?
        /// Block devices.
        public var blockIO: BlockIO?
        /// Huge pages.
        public var hugepageLimits: [HugepageLimit] = []
        /// Marks on network packets.
        public var network: Network?
        /// RDMA devices by name.
        public var rdma: [String: Rdma] = [:]
        /// Files of a version 2 cgroup and what to write to each.
        public var unified: [String: String] = [:]

        /// Nothing set.
        public init() {}

        /// Reads and checks resources that stand alone, as `update --resources` has them.
        public init(parsing bytes: [UInt8], document: String) throws(ConfigError) {
            try self.init(JSONCursor(parsing: bytes, document: document))
        }

        /// Decodes and checks resources.
        public init(_ at: JSONCursor) throws(ConfigError) {
            devices = try at["devices"]?.list(DeviceRule.init) ?? []
            memory = try at["memory"].map(Memory.init)
            cpu = try at["cpu"].map(CPU.init)
            pids = try at["pids"].map(Pids.init)
            blockIO = try at["blockIO"].map(BlockIO.init)
            hugepageLimits = try at["hugepageLimits"]?.list(HugepageLimit.init) ?? []
            network = try at["network"].map(Network.init)
            rdma = try at["rdma"]?.table(Rdma.init) ?? [:]
            if let at = try at["unified"] { unified = try Self.files(at) }
        }

        /// A name must stay within the cgroup.
        private static func files(_ at: JSONCursor) throws(ConfigError) -> [String: String] {
            let files = try at.table { (at) throws(ConfigError) in try at.string() }
            for name in files.keys.sorted()
            where name.utf8.contains(UInt8(ascii: "/")) || name == "." || name == ".." {
                throw at.refused("\(quoted(name)) is not a file's name: write one without /")
            }
            return files
        }
    }
}
