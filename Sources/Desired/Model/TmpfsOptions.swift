// SPDX-License-Identifier: Apache-2.0

/// The limits and ownership of a file system in memory.
public struct TmpfsOptions: Sendable, Equatable {
    /// The most it may hold; nil means the kernel's default.
    public var size: ByteCount?
    /// The permission bits of its root; nil means 1777.
    public var mode: UInt16?
    /// The owner of its root; nil means 0.
    public var user: UInt32?
    /// The group of its root; nil means 0.
    public var group: UInt32?

    /// Options of a file system in memory.
    public init(
        size: ByteCount? = nil,
        mode: UInt16? = nil,
        user: UInt32? = nil,
        group: UInt32? = nil
    ) {
        self.size = size
        self.mode = mode
        self.user = user
        self.group = group
    }
}
