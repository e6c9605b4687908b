// SPDX-License-Identifier: Apache-2.0
package import Linux
package import Transfer

extension StoredVolume {
    /// Keeps what is in a directory beside the log, as one who was overtaken must: nobody merges it, and nothing is lost.
    ///
    /// The branch is a log of its own, `APP/VOLUME@lost-EPOCH`, with the number behind it if one of that name is there.
    /// It can be read, restored and cloned as every other one; its only record says which version it stood on. In a store
    /// without atomic creation it is the line that is ours already.
    ///
    /// - Parameters:
    ///   - root: The directory.
    ///   - lower: What the directory is an upper one of overlayfs over; nil if it is the volume itself.
    ///   - isCut: Whether nothing can change in it meanwhile.
    ///   - time: Nanoseconds since 1970, for the record.
    ///   - scope: Ends it early.
    /// - Returns: Where it is; nil if the last version that was committed is all there is.
    /// - Throws: `unsettled` if the same must be asked for again: then there may be a second branch, with the same files.
    package func branch(
        _ root: Descriptor,
        over lower: OverlayTree? = nil,
        isCut: Bool,
        time: UInt64,
        in scope: TransferScope
    ) throws(VolumeError) -> LogPlace? {
        // Where records are put, the one that may be there must not be replaced.
        if line != nil { try settle(in: scope) }
        try check(in: scope)
        forgetAhead()
        for _ in 0..<3 {
            let stored = try store(root, isCut: isCut, over: lower, in: scope)
            guard stored.isChanged else { return isForked && lease.tail.sequence > 1 ? log.place : nil }
            Failpoint.volumeBranchDue.reach()
            let place =
                line == nil
                ? try begun(stored, time: time, in: scope)
                : try continued(stored, time: time, in: scope)
            // One that needs what is to be deleted is followed by one that does not.
            if try check(in: scope) { return place }
        }
        throw VolumeError("branch", log.place.volume, .unsettled("its packs are being swept: try again"))
    }

    /// The same for an owner whose agent died: of what is on its disk, by the last version that it had.
    ///
    /// - Parameters:
    ///   - root: The directory, in which nothing changes meanwhile.
    ///   - lower: What the directory is an upper one of overlayfs over; nil if it is the volume itself.
    ///   - record: The version.
    ///   - log: The log that it is of.
    ///   - time: Nanoseconds since 1970, for the record.
    ///   - scope: Ends it early.
    /// - Returns: Where it is; nil if the version is all there is.
    /// - Throws: `unsettled` if the same must be asked for again.
    package static func branch(
        _ root: Descriptor,
        over lower: OverlayTree? = nil,
        from record: CommitRecord,
        of log: CommitLog,
        time: UInt64,
        in scope: TransferScope
    ) throws(VolumeError) -> LogPlace? {
        let volume = try StoredVolume(left: record, of: log, in: scope)
        return try volume.branch(root, over: lower, isCut: true, time: time, in: scope)
    }

    /// A log of its own.
    private func begun(_ stored: StoredTree, time: UInt64, in scope: TransferScope)
        throws(VolumeError) -> LogPlace
    {
        var number = 1
        while true {
            let name = "lost-\(lease.epoch)" + (number == 1 ? "" : "-\(number)")
            let place = try log.place.branch(name)
            let record = CommitRecord(
                sequence: 1,
                epoch: 1,
                owner: lease.owner,
                parent: .none,
                root: stored.root,
                flags: stored.flags.union([.fence, .released]),
                time: time,
                statistics: stored.statistics,
                origin: CommitRecord.Origin(
                    volume: log.place.volume,
                    sequence: lease.tail.sequence,
                    name: lease.tailName
                ),
                nonce: nonce()
            )
            if try CommitLog(place, in: log.store, timing: log.timing).begin(record, in: scope) {
                return place
            }
            number += 1
        }
    }

    /// The line with one more record.
    private func continued(_ stored: StoredTree, time: UInt64, in scope: TransferScope)
        throws(VolumeError) -> LogPlace
    {
        guard !lease.tail.flags.contains(.released) else {
            throw VolumeError("branch", log.place.volume, .refused("it was released: acquire it anew"))
        }
        let record = lease.next(
            root: stored.root,
            flags: stored.flags.union(.released),
            time: time,
            statistics: stored.statistics,
            nonce: nonce()
        )
        _ = try log.append(record, to: line, in: scope)
        return log.place
    }
}
