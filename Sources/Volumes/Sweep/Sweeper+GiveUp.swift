// SPDX-License-Identifier: Apache-2.0
package import Transfer

extension Sweeper {
    /// Gives up versions of a log, whatever is to be kept of it.
    func giveUp(_ sequences: [UInt64], of place: LogPlace, now: UInt64, in scope: TransferScope)
        throws(VolumeError)
    {
        while true {
            let before = try ledger.last(in: scope)
            var expired = before?.expired ?? [:]
            for sequence in sequences {
                expired[LedgerEntry.Version(volume: place.volume, sequence: sequence), default: now] = now
            }
            let entry = LedgerEntry(
                sequence: (before?.sequence ?? 0) + 1,
                time: now,
                nonce: nonce(),
                expired: expired,
                marked: before?.marked ?? [:]
            )
            if try ledger.append(entry, in: scope) { return }
            guard !scope.isCancelled else { throw VolumeError("give up", place.volume, .cancelled) }
        }
    }
}

extension CommitLog {
    /// Gives up one version: what it alone has goes with later sweeps.
    ///
    /// - Throws: `refused` if it is none, has a name, or its files are those of the volume.
    package func giveUp(_ sequence: UInt64, time: UInt64, in scope: TransferScope) throws(VolumeError) {
        func refused(_ reason: String) -> VolumeError {
            VolumeError("give up", "\(place.volume) \(sequence)", .refused(reason))
        }
        guard let record = try find(sequence, in: scope), record.isVersion else {
            throw refused("there is no such version")
        }
        guard try tail(in: scope)?.root != record.root else {
            throw refused("it has the files that the volume has: take another one")
        }
        if let snapshot = try snapshots(in: scope).first(where: { $0.sequence == sequence }) {
            throw refused("it is called \(snapshot.name): take that name away first")
        }
        try Sweeper(store).giveUp([sequence], of: place, now: time, in: scope)
    }

    /// Ends a volume: its names are taken away, and all of its versions are given up at the next sweep.
    ///
    /// The log stays, so that whoever held it finds out; a volume of the same name may begin behind it.
    ///
    /// - Returns: The record behind which there is nothing.
    @discardableResult
    package func remove(
        by owner: CommitRecord.Owner,
        time: UInt64,
        nonces: (acquiring: [UInt8], removing: [UInt8]),
        in scope: TransferScope
    ) throws(VolumeError) -> CommitRecord {
        let lease = try acquire(owner, time: time, nonce: nonces.acquiring, in: scope)
        let record = lease.next(
            root: nil,
            flags: .released,
            time: time,
            statistics: CommitRecord.Statistics(),
            nonce: nonces.removing
        )
        let (last, _) = try append(record, to: nil, in: scope)
        for snapshot in try snapshots(in: scope) { try removeSnapshot(snapshot.name, in: scope) }
        return last.tail
    }
}

extension CommitRecord {
    /// Whether the volume ended here.
    package var isRemoval: Bool { root == nil && flags.contains(.released) }
}
