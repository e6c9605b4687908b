// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A namespace that is made for the container or joined, namespaces(7).
    public struct Namespace: Equatable, Sendable {
        /// What it isolates.
        public enum Kind: String, CaseIterable, Sendable {
            /// Process ids.
            case pid
            /// The network stack.
            case network
            /// The mount table.
            case mount
            /// System V and POSIX message queues, semaphores and shared memory.
            case ipc
            /// Host name and domain name.
            case uts
            /// User and group ids.
            case user
            /// The view of cgroups.
            case cgroup
            /// Clocks.
            case time
        }

        /// What it isolates.
        public var type: Kind
        /// One to join, an absolute path on the host; nil makes a new one.
        public var path: String?

        /// A namespace that is made, or joined by its path.
        public init(_ type: Kind, path: String? = nil) {
            self.type = type
            self.path = path
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            type = try at.required("type", "a namespace's name, such as pid").choice()
            if let at = try at["path"], try at.filled() != nil { path = try at.absolutePath() }
        }
    }

    /// A clock of a time namespace.
    public enum Clock: String, CaseIterable, Sendable {
        /// `CLOCK_MONOTONIC`.
        case monotonic
        /// `CLOCK_BOOTTIME`.
        case boottime
    }

    /// How far a clock differs, time_namespaces(7).
    public struct TimeOffset: Equatable, Sendable {
        /// Seconds.
        public var secs: Int64
        /// Nanoseconds beside.
        public var nanosecs: UInt32

        private init(_ at: JSONCursor) throws(ConfigError) {
            secs = try at["secs"]?.integer() ?? 0
            nanosecs = try at["nanosecs"]?.integer(in: 0...999_999_999) ?? 0
        }

        static func table(_ at: JSONCursor) throws(ConfigError) -> [Clock: TimeOffset] {
            var table: [Clock: TimeOffset] = [:]
            for (name, offset) in try at.table(TimeOffset.init) {
                guard let clock = Clock(rawValue: name) else {
                    throw at.unknown(name, Clock.allCases.map(\.rawValue))
                }
                table[clock] = offset
            }
            return table
        }
    }

    /// An interface of the host that moves into the container.
    public struct NetDevice: Equatable, Sendable {
        /// Its name inside; nil keeps it.
        public var name: String?

        init(_ at: JSONCursor) throws(ConfigError) {
            name = try at["name"]?.filled()
        }
    }
}
