// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// How many descriptors this process may have open: getrlimit(2), `RLIMIT_NOFILE`.
public enum OpenFiles {
    /// A soft and a hard limit.
    public struct Limit: Equatable, Sendable {
        /// What is in force.
        public let soft: UInt64
        /// Up to where it may be raised.
        public let hard: UInt64

        /// A limit.
        public init(soft: UInt64, hard: UInt64) {
            self.soft = soft
            self.hard = hard
        }
    }

    /// What is in force.
    public static func current() throws(LinuxError) -> Limit {
        var limit = rlimit()
        try check(
            "getrlimit",
            "RLIMIT_NOFILE",
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        )
        return Limit(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// Puts a limit in force.
    public static func set(_ limit: Limit) throws(LinuxError) {
        var raw = rlimit(rlim_cur: rlim_t(limit.soft), rlim_max: rlim_t(limit.hard))
        try check(
            "setrlimit",
            "RLIMIT_NOFILE",
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raw)
        )
    }

    /// Raises the soft limit to the hard one; the limit as it was before.
    public static func raise() throws(LinuxError) -> Limit {
        let before = try current()
        try set(Limit(soft: before.hard, hard: before.hard))
        return before
    }
}
