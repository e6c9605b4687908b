// SPDX-License-Identifier: Apache-2.0

/// Which version of a volume is meant: the last one, unless it is said.
public struct VersionChoice: Sendable, Equatable {
    /// The branch beside the volume that it is of; nil for the volume itself.
    public var branch: String?
    /// Its number.
    public var version: UInt64?
    /// What it is called by.
    public var label: String?
    /// A time, in nanoseconds since 1970: the version that was the last one then.
    public var time: UInt64?

    /// A choice; at most one of the version, the label and the time is given.
    public init(
        branch: String? = nil,
        version: UInt64? = nil,
        label: String? = nil,
        time: UInt64? = nil
    ) {
        self.branch = branch
        self.version = version
        self.label = label
        self.time = time
    }
}
