// SPDX-License-Identifier: Apache-2.0
internal import Objects
package import Transfer

/// Gives up versions of a log in lines, and deletes what those alone had.
///
/// Where nothing is created atomically no ledger can be kept, so nobody would find out that a pack is about to be deleted.
/// This is for a log whose packs no other log has: there is neither a clone nor a label in such a store. What is younger
/// than a day stays, for whoever reads it or begins behind it.
package final class LineSweep {
    /// What a sweep came to.
    package struct Report: Equatable, Sendable {
        /// Records that were deleted.
        package var records = 0
        /// Packs that were.
        package var packs = 0
        /// Lines of which nothing is left.
        package var lines = 0

        /// Nothing.
        package init() {}
    }

    private struct Version: Hashable {
        let line: Line
        let sequence: UInt64

        init(line: Line, sequence: UInt64) { (self.line, self.sequence) = (line, sequence) }

        init(_ line: Line, _ record: CommitRecord) { self.init(line: line, sequence: record.sequence) }
    }

    /// One line, as far as it is seen.
    private struct Found {
        let line: Line
        let log: CommitLog
        var records: [CommitRecord] = []
    }

    /// What is younger is not given up: nanoseconds.
    private static let grace = Sweeper.grace
    /// What was written beside that which is gone on with stays for so long.
    private static let forkAge = 7 * grace

    private let log: CommitLog
    /// Whether that stays until somebody removes it.
    private let keepsForks: Bool
    /// Records never change, and neither do trees.
    private var records: [Version: CommitRecord] = [:]
    private var trees = PackUses()

    /// For a log; what was written beside that which is gone on with stays for a week, or for good.
    package init(_ log: CommitLog, keepsForks: Bool = false) {
        (self.log, self.keepsForks) = (log, keepsForks)
    }

    /// Sweeps once.
    ///
    /// - Parameters:
    ///   - retention: What to keep beside the last day.
    ///   - volume: Who holds the log, in a line of theirs; they refer to nothing that is deleted here.
    ///   - now: Nanoseconds since 1970.
    ///   - scope: Ends it early.
    /// - Returns: What was done; nothing is where somebody else has the log by now.
    /// - Throws: What cannot be read, and is to be kept: then nothing is deleted.
    package func sweep(_ retention: Retention, for volume: StoredVolume, now: UInt64, in scope: TransferScope)
        throws(VolumeError) -> Report
    {
        guard let own = volume.line, volume.isSettled else { return Report() }
        let found = try find(in: scope)
        guard found.last?.line == own else { return Report() }
        let kept = kept(found, retention, now: now)
        // What only given up versions have.
        var roots: [ContentName: ChunkReference] = [:], doomed: [ContentName: ChunkReference] = [:]
        for one in found {
            for record in one.records {
                guard let root = record.root else { continue }
                if kept.contains(Version(one.line, record)) {
                    roots[root.name] = root
                } else {
                    doomed[root.name] = root
                }
            }
        }
        if let root = volume.head.root { roots[root.name] = root }
        trees.keep { roots[$0] != nil }
        for (name, root) in roots where !trees.contains(name) {
            trees.note(try TreePacks(of: root, from: log.store, in: scope), of: name)
        }
        var packs: Set<PackName> = []
        for (name, root) in doomed where roots[name] == nil {
            do throws(VolumeError) {
                packs.formUnion(try TreePacks(of: root, from: log.store, in: scope).bytes.keys)
            } catch {
                // A sweep that did not come to its end has deleted some of it.
                guard error.isOfAbsence else { throw error }
            }
        }
        packs.subtract(trees.most().keys)
        return try delete(packs, found, kept, for: volume, in: scope)
    }

    /// All lines that are seen from their beginning on, the greatest last.
    private func find(in scope: TransferScope) throws(VolumeError) -> [Found] {
        var all: [Found] = []
        for line in try log.lines(in: scope).sorted() {
            var found = Found(line: line, log: try log.line(line))
            for sequence in try found.log.places(in: scope) {
                let version = Version(line: line, sequence: sequence)
                // A list may be late with what is deleted.
                var record = records[version]
                if record == nil { record = try found.log.find(sequence, in: scope) }
                guard let record else { continue }
                records[version] = record
                found.records.append(record)
            }
            if found.records.first?.sequence == 1 { all.append(found) }
        }
        let present = Set(all.map(\.line))
        records = records.filter { present.contains($0.key.line) }
        return all
    }

    /// The records that stay.
    private func kept(_ found: [Found], _ retention: Retention, now: UInt64) -> Set<Version> {
        let ends = forks(found)
        var kept: Set<Version> = [], versions: [(version: Version, time: UInt64)] = []
        for one in found {
            for record in one.records {
                let version = Version(line: one.line, sequence: record.sequence)
                let isFork = record.sequence > ends[one.line] ?? .max
                let age = isFork ? Self.forkAge : Self.grace
                if isFork && keepsForks || now < record.time &+ age { kept.insert(version) }
                if !isFork, record.isVersion { versions.append((version, record.time)) }
            }
        }
        // Their numbers are those of a log as long as all of them.
        let numbered = versions.enumerated().map { (sequence: UInt64($0.offset), time: $0.element.time) }
        for number in retention.kept(of: numbered) { kept.insert(versions[Int(number)].version) }
        // What the next owner begins behind.
        let full = found.last { $0.records.count > 1 } ?? found.first
        if let full, let tail = full.records.last {
            kept.insert(Version(line: full.line, sequence: tail.sequence))
        }
        // By its ends a line is known as long as there is anything of it.
        for one in found where one.records.contains(where: { kept.contains(Version(one.line, $0)) }) {
            for record in [one.records.first, one.records.last].compactMap(\.self) {
                kept.insert(Version(one.line, record))
            }
        }
        return kept
    }

    /// Up to which record lines were gone on with; those that are not named were to their ends, as far as can be seen:
    /// the line that stood on one may be gone already.
    private func forks(_ found: [Found]) -> [Line: UInt64] {
        var ends: [Line: UInt64] = [:], followed: Set<Version> = []
        let name = log.place.volume + "@"
        for one in found.reversed() {
            guard let origin = one.records.first?.origin, origin.volume.hasPrefix(name),
                let base = Line(origin.volume.dropFirst(name.count))
            else { continue }
            let place = Version(line: base, sequence: origin.sequence)
            // The greatest of those that stand on one place is gone on with.
            if !followed.insert(place).inserted, ends[one.line] == nil { ends[one.line] = 1 }
            ends[base] = ends[base] ?? origin.sequence
        }
        return ends
    }

    /// Packs first: as long as its record is there, what is left of a version is found.
    private func delete(
        _ packs: Set<PackName>,
        _ found: [Found],
        _ kept: Set<Version>,
        for volume: StoredVolume,
        in scope: TransferScope
    ) throws(VolumeError) -> Report {
        var report = Report(), keys: [ObjectKey] = []
        volume.rewrite(Set(packs.map(\.hex)))
        for pack in packs { keys.append(try LogPlace.pack(pack)) }
        report.packs = keys.count
        try delete(keys, in: scope)
        keys = []
        for one in found {
            let gone = one.records.filter { !kept.contains(Version(one.line, $0)) }
            for record in gone {
                keys.append(try one.log.place.record(record.sequence))
                records[Version(one.line, record)] = nil
            }
            report.records += gone.count
            guard gone.count == one.records.count else { continue }
            keys.append(try one.log.place.heartbeat(one.line.epoch))
            report.lines += 1
        }
        try delete(keys, in: scope)
        return report
    }

    private func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(VolumeError) {
        guard !keys.isEmpty else { return }
        do throws(ObjectError) { try log.store.delete(keys, in: scope) } catch {
            throw VolumeError("delete", log.place.volume, .store(error))
        }
    }
}
