// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A resource limit, setrlimit(2).
    public struct Rlimit: Equatable, Sendable {
        /// Its name: `RLIMIT_NOFILE`.
        public var type: String
        /// The limit that applies.
        public var soft: UInt64
        /// What the process may raise it to.
        public var hard: UInt64

        /// Describes a limit.
        public init(type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.soft = soft
            self.hard = hard
        }

        private static let prefix = "RLIMIT_"
        private static let types = [
            "AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC",
            "RSS", "RTPRIO", "RTTIME", "SIGPENDING", "STACK",
        ].map { prefix + $0 }

        init(_ at: JSONCursor) throws(ConfigError) {
            type = try at.required("type", "a limit's name, such as RLIMIT_NOFILE").choice(of: Self.types)
            let soft = try at.required("soft", "the limit that applies")
            self.soft = try soft.integer()
            hard = try at.required("hard", "what the limit may be raised to").integer()
            guard self.soft <= hard else {
                throw soft.refused("\(self.soft) is above the hard limit \(hard): write at most that")
            }
        }

        /// The limit by its number.
        public var resourceLimit: ProcessSpec.ResourceLimit? {
            .init(name: type.dropFirst(Self.prefix.count).lowercased(), soft: soft, hard: hard)
        }
    }
}
