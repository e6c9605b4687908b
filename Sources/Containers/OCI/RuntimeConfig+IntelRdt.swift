// SPDX-License-Identifier: Apache-2.0

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
}
