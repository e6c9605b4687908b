// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
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
