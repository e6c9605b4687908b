// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// The five capability sets of a process, by name as the document has them: `CAP_KILL`.
    public struct Capabilities: Equatable, Sendable {
        /// What it and its children can ever have.
        public var bounding: [String] = []
        /// What it can use now.
        public var effective: [String] = []
        /// What a program that asks for it inherits.
        public var inheritable: [String] = []
        /// What it can make effective.
        public var permitted: [String] = []
        /// What every program keeps.
        public var ambient: [String] = []

        /// No capabilities.
        public init() {}

        init(_ at: JSONCursor) throws(ConfigError) {
            bounding = try at["bounding"]?.strings() ?? []
            effective = try at["effective"]?.strings() ?? []
            inheritable = try at["inheritable"]?.strings() ?? []
            permitted = try at["permitted"]?.strings() ?? []
            ambient = try at["ambient"]?.strings() ?? []
        }

        /// Names that no capability has, each once: a newer kernel's, for a warning.
        ///
        /// The specification lets a container start without them.
        public var unknownCapabilities: [String] {
            var seen: Set<String> = []
            return [bounding, effective, inheritable, permitted, ambient].joined()
                .filter { seen.insert($0).inserted && Capability($0) == nil }
        }
    }
}
