// SPDX-License-Identifier: Apache-2.0
internal import Objects
package import Transfer

extension CommitLog {
    /// The places of the log that have records, in order; without those that were given up.
    package func places(in scope: TransferScope) throws(VolumeError) -> [UInt64] {
        try store.all(place.records, in: scope).compactMap { place.sequence(of: $0.key) }
    }

    /// The last versions of the log with their times, sizes and flags, in order.
    package func versions(last count: Int = 1_000, in scope: TransferScope) throws(VolumeError)
        -> [CommitRecord]
    {
        var records: [CommitRecord] = []
        for sequence in try places(in: scope).suffix(count) {
            // It may have been given up meanwhile.
            if let record = try find(sequence, in: scope) { records.append(record) }
        }
        return records
    }

    /// The version that was the last one at a time, nanoseconds since 1970, by the clocks of its owners.
    ///
    /// Where a clock was set back, it is one version that was not later, and has one behind it that was.
    ///
    /// - Throws: `refused` if the log begins later.
    package func record(at time: UInt64, in scope: TransferScope) throws(VolumeError) -> CommitRecord {
        let places = try places(in: scope)
        var low = 0, high = places.count, found: CommitRecord?
        while low < high {
            let middle = (low + high) / 2, record = try record(places[middle], in: scope)
            if record.time <= time {
                found = record
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard let found else {
            throw VolumeError("find", place.volume, .refused("has no version so old: name a later time"))
        }
        return found
    }

    /// The record at a place, or nil if there is none.
    package func find(_ sequence: UInt64, in scope: TransferScope) throws(VolumeError) -> CommitRecord? {
        let key = try place.record(sequence)
        guard let bytes = try store.find(key, limit: CommitRecord.maximumSize, in: scope) else { return nil }
        do throws(FormatFlaw) { return try CommitRecord(bytes, at: sequence) } catch {
            throw VolumeError("read", key.text, .damaged(error.description))
        }
    }

    // MARK: Snapshots

    /// Gives a version a name, for the price of one object: it is kept until the name is taken away.
    ///
    /// - Throws: `refused` if another version has the name, it is none, or the version is not kept any more.
    @discardableResult
    package func snapshot(_ name: String, of record: CommitRecord, time: UInt64, in scope: TransferScope)
        throws(VolumeError) -> VolumeSnapshot
    {
        let snapshot: VolumeSnapshot, bytes: [UInt8]
        do throws(FormatFlaw) {
            snapshot = try VolumeSnapshot(name: name, of: record, time: time)
            bytes = try snapshot.encoded()
        } catch {
            throw VolumeError("snapshot", place.volume, .refused(error.description))
        }
        guard try store.settle(bytes, at: place.snapshot(name), in: scope) else {
            let reason = "there is a snapshot \(name): choose another name, or remove it"
            throw VolumeError("snapshot", place.volume, .refused(reason))
        }
        guard try !isGivenUp(record, in: scope) else {
            try removeSnapshot(name, in: scope)
            throw givenUp("snapshot", record)
        }
        return snapshot
    }

    /// All named versions, by their names.
    package func snapshots(in scope: TransferScope) throws(VolumeError) -> [VolumeSnapshot] {
        var found: [VolumeSnapshot] = []
        for entry in try store.all(place.snapshots, in: scope) {
            let name = String(entry.key.text.dropFirst(place.snapshots.count))
            guard VolumeSnapshot.isName(name) else { continue }
            guard
                let bytes = try store.find(entry.key, limit: VolumeSnapshot.maximumSize, in: scope)
            else { continue }
            do throws(FormatFlaw) { found.append(try VolumeSnapshot(bytes, named: name)) } catch {
                throw VolumeError("read", entry.key.text, .damaged(error.description))
            }
        }
        return found
    }

    /// Takes a name away; the version is kept as long as those without one.
    package func removeSnapshot(_ name: String, in scope: TransferScope) throws(VolumeError) {
        guard VolumeSnapshot.isName(name) else {
            throw VolumeError("remove", place.volume, .refused("no snapshot can be called \(name)"))
        }
        let key = try place.snapshot(name)
        do throws(ObjectError) { try store.delete(key, in: scope) } catch {
            throw VolumeError("remove", key.text, .store(error))
        }
    }
}
