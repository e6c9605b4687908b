// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig.Resources {
    /// A limit of huge pages of one size.
    public struct HugepageLimit: Equatable, Sendable {
        /// The size, for example `2MB`.
        public var pageSize: String
        /// Bytes in all.
        public var limit: UInt64

        init(_ at: JSONCursor) throws(ConfigError) {
            let size = try at.required("pageSize", "a size, such as 2MB")
            pageSize = try size.string()
            // It becomes part of a file's name.
            let digits = pageSize.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            let unit = pageSize.utf8.dropFirst(digits.count)
            guard !digits.isEmpty, unit.count == 2, let prefix = unit.first, "KMGTP".utf8.contains(prefix),
                unit.last == UInt8(ascii: "B")
            else {
                throw size.refused("\(quoted(pageSize)) is no size: write one like 64KB, 2MB or 1GB")
            }
            limit = try at.required("limit", "a number of bytes").integer()
        }
    }

    /// Marks on network packets, of version 1 cgroups.
    public struct Network: Equatable, Sendable {
        /// The priority of packets that leave by one interface.
        public struct Priority: Equatable, Sendable {
            /// The interface.
            public var name: String
            /// The priority.
            public var priority: UInt32

            init(_ at: JSONCursor) throws(ConfigError) {
                name = try at.required("name", "an interface's name").string()
                priority = try at.required("priority", "a priority").integer()
            }
        }

        /// The class of packets.
        public var classID: UInt32?
        /// The priority of packets by interface.
        public var priorities: [Priority] = []

        /// Nothing set.
        public init() {}

        init(_ at: JSONCursor) throws(ConfigError) {
            classID = try at["classID"]?.integer()
            priorities = try at["priorities"]?.list(Priority.init) ?? []
        }
    }

    /// Limits of an RDMA device.
    public struct Rdma: Equatable, Sendable {
        /// Handles.
        public var hcaHandles: UInt32?
        /// Objects.
        public var hcaObjects: UInt32?

        init(_ at: JSONCursor) throws(ConfigError) {
            hcaHandles = try at["hcaHandles"]?.integer()
            hcaObjects = try at["hcaObjects"]?.integer()
            guard hcaHandles != nil || hcaObjects != nil else {
                throw at.refused("neither hcaHandles nor hcaObjects is there: write one of them")
            }
        }
    }
}

extension RuntimeConfig {
    /// Intel's resource director.
    public struct IntelRdt: Equatable, Sendable {
        /// The class of service; nil is the container's id.
        public var closID: String?
        /// Lines for the `schemata` file, written last.
        public var schemata: [String] = []
        /// Shares of the L3 cache.
        public var l3CacheSchema: String?
        /// Shares of memory bandwidth.
        public var memBwSchema: String?
        /// Watches cache occupancy.
        public var enableCMT: Bool
        /// Watches memory bandwidth.
        public var enableMBM: Bool
        /// Makes a monitoring group.
        public var enableMonitoring: Bool

        init(_ at: JSONCursor) throws(ConfigError) {
            closID = try at["closID"]?.filled()
            schemata = try at["schemata"]?.strings() ?? []
            l3CacheSchema = try at["l3CacheSchema"]?.filled()
            memBwSchema = try at["memBwSchema"]?.filled()
            enableCMT = try at["enableCMT"]?.bool() ?? false
            enableMBM = try at["enableMBM"]?.bool() ?? false
            enableMonitoring = try at["enableMonitoring"]?.bool() ?? false
        }
    }

    /// The execution domain, personality(2).
    public struct Personality: Equatable, Sendable {
        /// A domain.
        public enum Domain: String, CaseIterable, Sendable {
            /// The usual one.
            case linux = "LINUX"
            /// uname(2) names a 32-bit machine.
            case linux32 = "LINUX32"
        }

        /// The domain.
        public var domain: Domain

        init(_ at: JSONCursor) throws(ConfigError) {
            domain = try at.required("domain", "LINUX or LINUX32").choice()
            if let at = try at["flags"], try !at.strings().isEmpty {
                throw at.refused("no flag is defined: write an empty list")
            }
        }
    }
}
