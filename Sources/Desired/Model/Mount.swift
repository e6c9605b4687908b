// SPDX-License-Identifier: Apache-2.0

/// Something mounted into a container.
public struct Mount: Sendable, Equatable {
    /// The absolute path inside the container.
    public var target: String
    /// What is mounted.
    public var source: Source
    /// Whether writes are refused.
    public var isReadOnly: Bool

    /// A mount at this path.
    public init(target: String, source: Source, isReadOnly: Bool = false) {
        self.target = target
        self.source = source
        self.isReadOnly = isReadOnly
    }
}
