// SPDX-License-Identifier: Apache-2.0

/// A resource limit of the process, see getrlimit(2).
public struct Ulimit: Sendable, Equatable {
    /// The name in lower case without `RLIMIT_`, for example `nofile`.
    public var name: String
    /// The limit in force; -1 means unlimited.
    public var soft: Int64
    /// The bound of the soft limit; -1 means unlimited.
    public var hard: Int64

    /// A limit; -1 means unlimited.
    public init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }
}
