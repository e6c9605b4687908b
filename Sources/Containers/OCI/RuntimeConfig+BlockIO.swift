// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig.Resources {
    /// Limits of block devices.
    public struct BlockIO: Equatable, Sendable {
        /// The weight of one device.
        public struct Weight: Equatable, Sendable {
            /// Major number.
            public var major: Int64
            /// Minor number.
            public var minor: Int64
            /// Weight against siblings.
            public var weight: UInt16?
            /// Weight against children.
            public var leafWeight: UInt16?

            /// Describes a weight.
            public init(major: Int64, minor: Int64, weight: UInt16?, leafWeight: UInt16? = nil) {
                self.major = major
                self.minor = minor
                self.weight = weight
                self.leafWeight = leafWeight
            }

            init(_ at: JSONCursor) throws(ConfigError) {
                (major, minor) = try number(at)
                weight = try at["weight"]?.integer()
                leafWeight = try at["leafWeight"]?.integer()
                guard weight != nil || leafWeight != nil else {
                    throw at.refused("neither weight nor leafWeight is there: write one of them")
                }
            }
        }

        /// The rate of one device.
        public struct Throttle: Equatable, Sendable {
            /// Major number.
            public var major: Int64
            /// Minor number.
            public var minor: Int64
            /// Bytes or operations a second.
            public var rate: UInt64

            /// Describes a rate.
            public init(major: Int64, minor: Int64, rate: UInt64) {
                self.major = major
                self.minor = minor
                self.rate = rate
            }

            init(_ at: JSONCursor) throws(ConfigError) {
                (major, minor) = try number(at)
                rate = try at.required("rate", "the rate each second").integer()
            }
        }

        /// Weight against siblings.
        public var weight: UInt16?
        /// Weight against children.
        public var leafWeight: UInt16?
        /// Weight by device.
        public var weightDevice: [Weight] = []
        /// Bytes read each second.
        public var throttleReadBpsDevice: [Throttle] = []
        /// Bytes written each second.
        public var throttleWriteBpsDevice: [Throttle] = []
        /// Reads each second.
        public var throttleReadIOPSDevice: [Throttle] = []
        /// Writes each second.
        public var throttleWriteIOPSDevice: [Throttle] = []

        /// Nothing set.
        public init() {}

        init(_ at: JSONCursor) throws(ConfigError) {
            weight = try at["weight"]?.integer()
            leafWeight = try at["leafWeight"]?.integer()
            weightDevice = try at["weightDevice"]?.list(Weight.init) ?? []
            throttleReadBpsDevice = try at["throttleReadBpsDevice"]?.list(Throttle.init) ?? []
            throttleWriteBpsDevice = try at["throttleWriteBpsDevice"]?.list(Throttle.init) ?? []
            throttleReadIOPSDevice = try at["throttleReadIOPSDevice"]?.list(Throttle.init) ?? []
            throttleWriteIOPSDevice = try at["throttleWriteIOPSDevice"]?.list(Throttle.init) ?? []
        }

        private static func number(_ at: JSONCursor) throws(ConfigError) -> (major: Int64, minor: Int64) {
            let range = 0...Int64(UInt32.max)
            return (
                try at.required("major", "the device's major number").integer(in: range),
                try at.required("minor", "the device's minor number").integer(in: range)
            )
        }
    }
}
