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

    /// Gives up old versions where no ledger can be kept, and deletes what no version has: all of its packs are its own.
    ///
    /// What was written beside it stays: it is a branch.
    /// - Parameters:
    ///   - retention: What is kept.
    ///   - now: Nanoseconds since 1970.
    /// - Returns: What was done.
    /// - Throws: What cannot be read, and is to be kept.
    func sweepLines(_ retention: Retention, now: UInt64) throws -> LineSweep.Report {
        guard let volume, volume.guarantee == .forkPreserving else { return LineSweep.Report() }
        let sweep = lineSweep ?? LineSweep(log, keepsForks: true)
        lineSweep = sweep
        return try sweep.sweep(retention, for: volume, now: now, in: scope)
    }

    /// Has what is in use in some packs in others from the next commit on, so that a sweep can delete them.
    func rewrite(_ packs: Set<String>) { volume?.rewrite(packs) }
}
