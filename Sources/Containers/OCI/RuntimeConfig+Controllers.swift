// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig.Resources {
    /// A limit of huge pages of one size.
    public struct HugepageLimit: Equatable, Sendable {
        /// The size, for example `2MB`.
        public var pageSize: String
        /// Bytes in all.
        public var limit: UInt64

        /// Describes a limit.
        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }

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

            /// Describes a priority.
            public init(name: String, priority: UInt32) {
                self.name = name
                self.priority = priority
            }

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

        /// Describes limits.
        public init(hcaHandles: UInt32?, hcaObjects: UInt32?) {
            self.hcaHandles = hcaHandles
            self.hcaObjects = hcaObjects
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            hcaHandles = try at["hcaHandles"]?.integer()
            hcaObjects = try at["hcaObjects"]?.integer()
            guard hcaHandles != nil || hcaObjects != nil else {
                throw at.refused("neither hcaHandles nor hcaObjects is there: write one of them")
            }
        }
    }
}
