// SPDX-License-Identifier: Apache-2.0

/// What was found while a layer was unpacked.
struct LayerReport: Equatable, Sendable {
    /// Entries read.
    var entries = 0
    /// Directories among them.
    var directories = 0
    /// The sum of the files' sizes, holes included.
    var bytes: Int64 = 0
    /// Names that hide something below.
    var whiteouts = 0
    /// Device nodes that were not made: overlayfs's own sign, and all where nobody may make any.
    var skippedDevices = 0
    /// AUFS's own files, which mean nothing here.
    var skippedMarks = 0
    /// Extended attributes that a layer may not set, or that the file system cannot hold.
    var droppedAttributes = 0
}
