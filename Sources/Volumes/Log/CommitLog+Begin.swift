// SPDX-License-Identifier: Apache-2.0
package import Transfer

extension CommitLog {
    /// Makes the first record of a log; false if it has one that is another.
    func begin(_ record: CommitRecord, in scope: TransferScope) throws(VolumeError) -> Bool {
        let bytes: [UInt8]
        do throws(FormatFlaw) { bytes = try record.encoded() } catch {
            throw VolumeError("begin", place.volume, .refused(error.description))
        }
        var claim = PlaceClaim(sequence: record.sequence, bytes: bytes, timing: timing)
        switch try run(&claim, in: scope) {
        case .ours: return true
        case .theirs: return false
        case .unsettled(let reason): throw VolumeError("begin", place.volume, .unsettled(reason))
        case .refused(let reason): throw VolumeError("begin", place.volume, .refused(reason))
        }
    }

    /// Begins this log with a version of another one: a volume of its own from here on, for the price of one object.
    ///
    /// - Parameters:
    ///   - record: The version.
    ///   - origin: The log that it is of, in the same store.
    ///   - owner: Who begins it.
    ///   - time: Nanoseconds since 1970, for the record.
    ///   - nonce: 16 random bytes.
    ///   - scope: Ends it early.
    /// - Returns: The first record; whoever acquires the log goes on behind it.
    /// - Throws: `refused` if there is a volume of this name, or the version is not kept any more.
    package func clone(
        _ record: CommitRecord,
        of origin: LogPlace,
        by owner: CommitRecord.Owner,
        time: UInt64,
        nonce: [UInt8],
        in scope: TransferScope
    ) throws(VolumeError) -> CommitRecord {
        guard let root = record.root else {
            let reason = "version \(record.sequence) of \(origin.volume) has no files"
            throw VolumeError("clone", place.volume, .refused(reason))
        }
        guard try !CommitLog(origin, in: store).isGivenUp(record, in: scope) else {
            throw givenUp("clone", record)
        }
        var statistics = record.statistics
        (statistics.packs, statistics.stored, statistics.pause) = (0, 0, 0)
        let first: CommitRecord
        do throws(FormatFlaw) {
            first = CommitRecord(
                sequence: 1,
                epoch: 1,
                owner: owner,
                parent: .none,
                root: root,
                flags: record.flags.intersection(.fuzzy).union([.fence, .released]),
                time: time,
                statistics: statistics,
                origin: try CommitRecord.Origin(record, of: origin.volume),
                nonce: nonce
            )
        } catch {
            throw VolumeError("clone", place.volume, .refused(error.description))
        }
        guard try begin(first, in: scope) else {
            throw VolumeError(
                "clone",
                place.volume,
                .refused("there is a volume of this name: choose another")
            )
        }
        // Who gives it up from here on sees the clone.
        guard try !CommitLog(origin, in: store).isGivenUp(record, in: scope) else {
            try remove(by: owner, time: time, nonces: (nonce, nonce.reversed()), in: scope)
            throw givenUp("clone", record)
        }
        return first
    }
}
