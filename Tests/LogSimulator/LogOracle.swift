// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// What a log must be, whatever happens: every acknowledged record in its place for good, and one writer at a time.
struct LogOracle {
    struct Violation: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private var records: [UInt64: ContentName] = [:]
    /// The furthest place that was acknowledged to anybody.
    private(set) var latest: UInt64 = 0

    /// Somebody was told that a record is in the log.
    mutating func acknowledged(_ lease: Lease) throws {
        let place = lease.tail.sequence
        if let other = records[place], other != lease.tailName {
            throw Violation("two writers were acknowledged at place \(place)")
        }
        records[place] = lease.tailName
        latest = max(latest, place)
    }

    /// Somebody was told that the log is theirs, which they asked for when `known` was acknowledged already.
    mutating func acquired(_ lease: Lease, knowing known: UInt64) throws {
        guard lease.tail.sequence > known else {
            throw Violation("the log was acquired at place \(lease.tail.sequence), behind \(known)")
        }
        try acknowledged(lease)
    }

    /// Judges what is in the store at the end.
    func judge(_ store: SimulatedStore) throws {
        for (place, name) in records {
            guard let record = store.records[place], try ContentName(of: record.bytes) == name else {
                throw Violation("the acknowledged record \(place) is lost")
            }
        }
        var before: (record: CommitRecord, name: ContentName)?
        for place in store.records.keys.sorted() {
            guard let bytes = store.records[place]?.bytes else { continue }
            let record = try CommitRecord(bytes, at: place)
            guard place == (before?.record.sequence ?? 0) + 1 else {
                throw Violation("place \(place) follows a gap")
            }
            if let before { try record.check(after: before.record, named: before.name) }
            before = (record, try ContentName(of: bytes))
        }
    }
}
