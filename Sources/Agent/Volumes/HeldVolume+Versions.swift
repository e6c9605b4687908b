// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer
internal import Volumes

// What is done with versions by who holds the volume.

extension HeldVolume {
    /// Has the files of another version here, and makes that the next one; nobody uses them, and they are committed.
    ///
    /// If it ends between the two, what is here is a change like any other: the next commit makes the version.
    /// - Parameter record: The version, of this log or of one beside it; it is pinned.
    /// - Returns: The version that was made.
    /// - Throws: As `commit`.
    func goBack(to record: CommitRecord) throws -> CommitRecord {
        guard let volume else {
            throw VolumeError("restore", log.place.volume, .fenced("it is not held by this node"))
        }
        let aside = try replace(with: record, in: volume)
        if let aside { try Folders.removeTree(aside) }  // the version before has it
        let made = try volume.goBack(to: record, time: UInt64(Timestamp.now()), in: scope)
        try save(mark(of: volume))
        return made
    }

    /// Has what is in use in some packs in others from the next commit on, so that a sweep can delete them.
    func rewrite(_ packs: Set<String>) { volume?.rewrite(packs) }
}
