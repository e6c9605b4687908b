// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// All versions of all volumes of a store, as one sweep sees them.
struct SweepState {
    private typealias Version = LedgerEntry.Version

    private struct Log {
        let place: LogPlace
        let records: [CommitRecord]
        /// Places that have a name.
        let snapshots: Set<UInt64>
    }

    /// A tree that is kept.
    struct Root {
        /// A version that has it.
        let version: String
        let chunk: ChunkReference
        let mayBeGone: Bool
    }

    private let before: LedgerEntry?
    private var logs: [Log] = []
    private var pins: [ReadPin] = []

    /// Reads what is there; what a sweeper knows already, it does not read again.
    init(_ sweeper: Sweeper, _ before: LedgerEntry?, in scope: TransferScope) throws(VolumeError) {
        self.before = before
        let store = sweeper.store
        // Pins first: who finds a version kept has it pinned from then on.
        for entry in try store.all(ReadPin.prefix, in: scope) {
            if let pin = try ReadPin.find(entry.key, in: store, scope) { pins.append(pin) }
        }
        for place in try VolumeCatalog(store).logs(in: scope) {
            let log = CommitLog(place, in: store)
            var records: [CommitRecord] = []
            for sequence in try log.places(in: scope) {
                let version = LedgerEntry.Version(volume: place.volume, sequence: sequence)
                if let known = sweeper.records[version] {
                    records.append(known)
                } else if let record = try log.find(sequence, in: scope) {
                    sweeper.records[version] = record
                    records.append(record)
                }
            }
            let snapshots = Set(try log.snapshots(in: scope).map(\.sequence))
            logs.append(Log(place: place, records: records, snapshots: snapshots))
        }
    }

    /// What is given up, from earlier sweeps and from now on.
    func expired(_ retentions: [LogPlace: Retention], now: UInt64) -> [LedgerEntry.Version: UInt64] {
        var expired = before?.expired ?? [:]
        for log in logs {
            guard let tail = log.records.last else { continue }
            // What was removed has no version that anybody wants.
            let isRemoved = tail.isRemoval
            guard let retention = retentions[log.place] ?? (isRemoved ? Retention() : nil) else { continue }
            let versions = log.records.filter { record in
                record.isVersion && expired[version(log, record)] == nil
            }
            let kept = retention.kept(of: versions.map { ($0.sequence, $0.time) })
            for record in versions
            where record.sequence != tail.sequence && !log.snapshots.contains(record.sequence)
                && (isRemoved || !kept.contains(record.sequence))
                && expired.count < LedgerEntry.maximumCount - LedgerEntry.spare
            {
                expired[version(log, record)] = now
            }
        }
        return expired
    }

    /// The trees that are kept: of all versions that are not gone, of last ones, and of those with a name or a pin.
    ///
    /// One that is gone may have got its name too late: whoever gave it will find that out, and its tree may be no more.
    func roots(without gone: [LedgerEntry.Version: UInt64], now: UInt64) -> [ContentName: Root] {
        var roots: [ContentName: Root] = [:]
        for log in logs {
            let pinned = pinned(log, now)
            for record in log.records {
                let isKept =
                    (record.isVersion && gone[version(log, record)] == nil)
                    || record.sequence == log.records.last?.sequence
                let isNamed = log.snapshots.contains(record.sequence) || pinned.contains(record.sequence)
                guard isKept || isNamed, let root = record.root else { continue }
                let before = roots[root.name]
                roots[root.name] = Root(
                    version: "\(log.place.volume) \(record.sequence)",
                    chunk: root,
                    mayBeGone: !isKept && before?.mayBeGone != false
                )
            }
        }
        return roots
    }

    /// Records that can go: of versions that are gone, with no name or pin, and no place where somebody may try to append.
    ///
    /// An owner who was overtaken tries at the place of the fence behind their last record. So that is never empty, and
    /// neither is the one before it, where a record of theirs may come late.
    func deletable(_ gone: [LedgerEntry.Version: UInt64], now: UInt64) -> [LedgerEntry.Version] {
        logs.flatMap { log -> [LedgerEntry.Version] in
            let pinned = pinned(log, now)
            return log.records.indices.compactMap { index -> LedgerEntry.Version? in
                let record = log.records[index]
                guard gone[version(log, record)] != nil, !record.flags.contains(.fence),
                    index + 1 < log.records.count,
                    !log.snapshots.contains(record.sequence), !pinned.contains(record.sequence)
                else { return nil }
                let next = log.records[index + 1]
                guard next.sequence != record.sequence + 1 || !next.flags.contains(.fence) else { return nil }
                return version(log, record)
            }
        }
    }

    private func pinned(_ log: Log, _ now: UInt64) -> Set<UInt64> {
        Set(pins.lazy.filter { $0.volume == log.place.volume && $0.isInForce(at: now) }.map(\.sequence))
    }

    /// Pins that nobody let go and that ended long ago.
    func pinsOver(at now: UInt64) -> [ReadPin] { pins.filter { $0.isOver(at: now) } }

    private func version(_ log: Log, _ record: CommitRecord) -> LedgerEntry.Version {
        LedgerEntry.Version(volume: log.place.volume, sequence: record.sequence)
    }
}

extension CommitRecord {
    /// Whether it has files of its own: a fence has those of the record before it.
    package var isVersion: Bool { root != nil && (!flags.contains(.fence) || origin != nil) }
}
