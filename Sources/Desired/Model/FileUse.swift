// SPDX-License-Identifier: Apache-2.0

/// A config or secret of the app as a file of a service, which nobody inside can write to.
public struct FileUse: Sendable, Equatable {
    /// The name of the config or secret.
    public var source: String
    /// The absolute path inside the container.
    public var target: String
    /// The owner inside the container.
    public var user: UInt32
    /// The group inside the container.
    public var group: UInt32
    /// The permission bits, up to 0777.
    public var mode: UInt16

    /// A use of this config or secret.
    public init(source: String, target: String, user: UInt32 = 0, group: UInt32 = 0, mode: UInt16 = 0o444) {
        self.source = source
        self.target = target
        self.user = user
        self.group = group
        self.mode = mode
    }
}
