// SPDX-License-Identifier: Apache-2.0

/// What was removed: a volume, or the part of it that is named.
public struct VolumeRemoval: Codable, Sendable, Equatable {
    /// The app.
    public var app: String
    /// The name in its file.
    public var name: String
    /// The store that it goes from; nil for a volume that was on its node alone.
    public var store: String?
    /// The branch; nil for the volume itself.
    public var branch: String?
    /// The version; nil for all.
    public var version: UInt64?
    /// The label; nil if more than a label went.
    public var label: String?

    /// A volume, or a part of it.
    public init(
        app: String,
        name: String,
        store: String?,
        branch: String? = nil,
        version: UInt64? = nil,
        label: String? = nil
    ) {
        self.app = app
        self.name = name
        self.store = store
        self.branch = branch
        self.version = version
        self.label = label
    }
}
