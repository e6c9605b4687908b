// SPDX-License-Identifier: Apache-2.0

/// As whom a container's process runs.
public struct UserIdentity: Hashable, Sendable {
    /// The user.
    public let uid: UInt32
    /// The primary group.
    public let gid: UInt32
    /// The supplementary groups, sorted.
    public let groups: [UInt32]
    /// The home directory; `/` if there is none.
    public let home: String

    /// Describes an identity.
    public init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], home: String = "/") {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}
