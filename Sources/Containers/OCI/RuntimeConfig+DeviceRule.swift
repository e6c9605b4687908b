// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig.Resources {
    /// Whether the container may use some devices.
    public struct DeviceRule: Equatable, Sendable {
        /// Which kind of device.
        public enum Kind: String, CaseIterable, Sendable {
            /// All.
            case all = "a"
            /// Character devices.
            case character = "c"
            /// Block devices.
            case block = "b"
        }

        /// Allows; otherwise denies.
        public var allow: Bool
        /// The kind; nil is all.
        public var type: Kind?
        /// The major number; nil is every.
        public var major: UInt32?
        /// The minor number; nil is every.
        public var minor: UInt32?
        /// Of `r`, `w` and `m`; nil if not given.
        public var access: String?

        /// Describes a rule.
        public init(
            allow: Bool,
            type: Kind? = nil,
            major: UInt32? = nil,
            minor: UInt32? = nil,
            access: String? = nil
        ) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            allow = try at.required("allow", "true or false").bool()
            if let at = try at["type"], try at.filled() != nil { type = try at.choice() }
            major = try at["major"].map(Self.number) ?? nil
            minor = try at["minor"].map(Self.number) ?? nil
            if let at = try at["access"], let access = try at.filled() {
                guard access.utf8.allSatisfy("rwm".utf8.contains) else {
                    throw at.refused("\(quoted(access)) is no access: write letters of rwm")
                }
                self.access = access
            }
        }

        /// Some writers say -1 for every number.
        private static func number(_ at: JSONCursor) throws(ConfigError) -> UInt32? {
            UInt32(exactly: try at.integer(Int64.self, in: -1...Int64(UInt32.max)))
        }
    }
}
