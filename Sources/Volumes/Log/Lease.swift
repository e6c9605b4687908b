// SPDX-License-Identifier: Apache-2.0

/// The right to append to a log, and where: as good as the next creation proves.
package struct Lease: Equatable, Sendable {
    /// The number of owners up to this one.
    package let epoch: UInt64
    /// Whose it is.
    package let owner: CommitRecord.Owner
    /// The last record, as it was when it was appended.
    package let tail: CommitRecord
    /// The SHA-256 of that record.
    package let tailName: ContentName

    init(_ tail: CommitRecord, name: ContentName) {
        epoch = tail.epoch
        owner = tail.owner
        self.tail = tail
        tailName = name
    }

    /// The record that would come next.
    package func next(
        root: ChunkReference?,
        flags: CommitRecord.Flags,
        time: UInt64,
        statistics: CommitRecord.Statistics,
        nonce: [UInt8]
    ) -> CommitRecord {
        CommitRecord(
            sequence: tail.sequence + 1,
            epoch: epoch,
            owner: owner,
            parent: tailName,
            root: root,
            flags: flags,
            time: time,
            statistics: statistics,
            nonce: nonce
        )
    }
}
