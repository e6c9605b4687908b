// SPDX-License-Identifier: Apache-2.0
internal import Linux
package import Objects
package import Transfer

/// Gives up versions that nobody wants kept, and deletes what no kept version has.
///
/// A sweep gives up versions, marks what only those have that were given up a day before, and deletes what was marked a
/// day before and is in no version still. One sweeper may run on each node at once: whoever is late with an entry of the
/// ledger has deleted only what had to be.
/// An object remembers what it has read: a later sweep reads what is new.
package final class Sweeper {
    /// What a sweep came to.
    package struct Report: Equatable, Sendable {
        /// Versions that were given up now.
        package var expired = 0
        /// Packs that no kept version has, from now on.
        package var marked = 0
        /// Packs that were deleted, and their bytes.
        package var packs = 0
        package var bytes: Int64 = 0
        /// Records that were deleted.
        package var records = 0
        /// Packs of which no version has half: `StoredVolume.rewrite` moves what is in use out of them.
        package var sparse: Set<String> = []

        package init() {}
    }

    /// What is marked or given up is there for so long, and what is younger is not marked: nanoseconds.
    package static let grace: UInt64 = 24 * 3_600 * 1_000_000_000
    /// Entries of the ledger are kept for so long.
    private static let ledgerAge: UInt64 = 30 * 24 * 3_600 * 1_000_000_000
    /// A pack that is smaller is not worth to be written anew, and may be mostly index.
    private static let leastSparse: Int64 = 64 << 10

    let store: any ObjectStore
    let ledger: Ledger
    /// Records never change, and neither do trees.
    var records: [LedgerEntry.Version: CommitRecord] = [:]
    private var trees = PackUses()
    private var random = SystemRandomNumberGenerator()

    /// For one store.
    package init(_ store: any ObjectStore) {
        self.store = store
        ledger = Ledger(store: store)
    }

    /// Sweeps once.
    ///
    /// - Parameters:
    ///   - retentions: What to keep of volumes whose lease the caller has; of others all is kept.
    ///   - now: Nanoseconds since 1970.
    ///   - scope: Ends it early.
    /// - Returns: What was done; nil if another sweep was faster.
    /// - Throws: What cannot be read, and is to be kept: then nothing is deleted.
    package func sweep(_ retentions: [LogPlace: Retention], now: UInt64, in scope: TransferScope)
        throws(VolumeError) -> Report?
    {
        Failpoint.volumeSweepDue.reach()
        let before = try ledger.last(in: scope)
        let state = try SweepState(self, before, in: scope)
        let expired = state.expired(retentions, now: now)
        // What was given up stays for a day, for whoever reads it; then what it alone has is marked.
        let gone = expired.filter { now > $0.value && now - $0.value >= Self.grace }
        let live: [PackName: Int]
        do throws(VolumeError) {
            live = try self.live(state.roots(without: gone, now: now), in: scope)
        } catch {
            // Another sweep may have deleted what was kept when this one began.
            guard try ledger.last(in: scope)?.sequence == before?.sequence else { return nil }
            throw error
        }
        let packs = try listed(in: scope)
        Failpoint.volumeSweepListed.reach()
        var report = Report()
        report.expired = expired.count - (before?.expired.count ?? 0)

        var marked: [PackName: UInt64] = [:]
        for (pack, status) in packs where live[pack] == nil {
            if let since = before?.marked[pack] {
                guard now > since, now - since >= Self.grace else {
                    marked[pack] = since
                    continue
                }
                try delete(LogPlace.pack(pack), in: scope)
                report.packs += 1
                report.bytes &+= status.size
            } else if UInt64(min(max(status.modified, 0), 1 << 33)) * 1_000_000_000 + Self.grace <= now,
                marked.count < LedgerEntry.maximumCount
            {
                marked[pack] = now
                report.marked += 1
            }
        }
        var left = expired
        for version in state.deletable(gone, now: now) {
            try delete(LogPlace(version.volume).record(version.sequence), in: scope)
            left[version] = nil
            records[version] = nil
            report.records += 1
        }
        // One that is renewed at this moment is renewed again before its version could go.
        for pin in state.pinsOver(at: now) { try pin.release(in: store, scope) }
        for (pack, status) in packs {
            if let bytes = live[pack], status.size >= Self.leastSparse, Int64(bytes) * 2 < status.size {
                report.sparse.insert(pack.hex)
            }
        }
        Failpoint.volumeSweepDone.reach()
        guard left != before?.expired ?? [:] || marked != before?.marked ?? [:] else { return report }
        let entry = LedgerEntry(
            sequence: (before?.sequence ?? 0) + 1,
            time: now,
            nonce: nonce(),
            expired: left,
            marked: marked
        )
        guard try ledger.append(entry, in: scope) else { return nil }
        try prune(before: entry.sequence, now: now, in: scope)
        return report
    }

    func nonce() -> [UInt8] { PackName(using: &random).bytes }

    /// The packs of some trees, with as many bytes as the one that has most of each.
    private func live(_ roots: [ContentName: SweepState.Root], in scope: TransferScope) throws(VolumeError)
        -> [PackName: Int]
    {
        trees.keep { roots[$0] != nil }
        for (name, root) in roots where !trees.contains(name) {
            if let packs = try read(root, in: scope) { trees.note(packs, of: name) }
        }
        return trees.most()
    }

    private func read(_ root: SweepState.Root, in scope: TransferScope) throws(VolumeError) -> TreePacks? {
        do throws(VolumeError) { return try TreePacks(of: root.chunk, from: store, in: scope) } catch {
            guard root.mayBeGone, error.isOfAbsence else {
                throw VolumeError("sweep", root.version, error.cause)
            }
            return nil
        }
    }

    private func listed(in scope: TransferScope) throws(VolumeError) -> [PackName: ObjectStatus] {
        var packs: [PackName: ObjectStatus] = [:]
        for entry in try store.all("p/", in: scope) {
            guard let name = PackName(hex: String(entry.key.text.suffix(2 * PackName.size))),
                try LogPlace.pack(name) == entry.key
            else { continue }
            packs[name] = entry.status
        }
        return packs
    }

    /// Old accounts: who looks for one that is gone asks for the packs themselves.
    private func prune(before last: UInt64, now: UInt64, in scope: TransferScope) throws(VolumeError) {
        for place in try ledger.places(in: scope) where place < last {
            guard let entry = try ledger.entry(place, in: scope) else { continue }
            guard now > entry.time, now - entry.time > Self.ledgerAge else { return }
            try delete(Ledger.key(place), in: scope)
        }
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(VolumeError) {
        do throws(ObjectError) { try store.delete(key, in: scope) } catch {
            throw VolumeError("delete", key.text, .store(error))
        }
    }
}
