// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// How the files of a version came to be of one instant while they were written.
struct CutWay: Equatable, Sendable {
    /// What the status says of it.
    enum Kind: String, Sendable {
        /// Containers stood still while what had changed was cloned.
        case reflink
        /// They stood still while it was read.
        case freeze
        /// Databases were locked, and nobody stood still.
        case locks
    }

    let kind: Kind
    /// Files that could not be cloned, and were read.
    let unclonedFiles: Int

    init(_ cut: any VolumeCut, by space: CloneSpace?) {
        kind = cut is DatabaseCut ? .locks : space == nil ? .freeze : .reflink
        unclonedFiles = space?.counts.refused ?? 0
    }
}
