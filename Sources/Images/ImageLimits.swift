// SPDX-License-Identifier: Apache-2.0

/// Caps on what an image may cost while it is read: beyond them it is refused, and nothing of it stays.
public struct ImageLimits: Hashable, Sendable {
    /// Uncompressed bytes of one layer's archive; also the sum of its files' sizes with holes.
    public var layerBytes: Int64 = 10 << 30
    /// Entries of one layer.
    public var layerEntries = 2_000_000
    /// Directories among them.
    public var layerDirectories = 262_144
    /// Uncompressed bytes for each compressed one, counted from `ratioFloor` on.
    public var ratio: Int64 = 500
    /// Uncompressed bytes that any archive may have, whatever its ratio.
    public var ratioFloor: Int64 = 64 << 20
    /// Components of a path in a layer.
    public var depth = 256
    /// Uncompressed bytes of an image archive, and files in it.
    public var archiveBytes: Int64 = 40 << 30
    /// Files in an image archive.
    public var archiveFiles = 10_000

    /// The default caps.
    public init() {}
}
