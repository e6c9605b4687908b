// SPDX-License-Identifier: Apache-2.0
package import Linux
internal import Objects
package import Transfer

/// A volume in a store, for whoever has its lease: commits what is in a directory, and remembers what it has read.
///
/// One call at a time.
package final class StoredVolume {
    /// So many chunks more than twice the files are known at most.
    var spare = 65_536

    /// A record that may be in the log or not, and what it will have made of the tree.
    private typealias Pending = (record: CommitRecord, tree: VolumeTree, seen: [TreePath: TreeScan.Seen])

    /// Its log, or the line of it that is ours: where signs of life are to be given.
    package let log: CommitLog
    /// What the store is good for.
    package let guarantee: VolumeGuarantee
    let line: Line?
    /// Whether somebody goes on with the volume elsewhere, and this line is a branch.
    private(set) var isForked = false
    private(set) var lease: Lease
    private var tree: VolumeTree
    private var seen: [TreePath: TreeScan.Seen] = [:]
    /// Chunks that the store has: as long as there is not too much of it, also those that no file has any more.
    private(set) var known: [ContentName: ChunkReference]
    private var pending: Pending?
    private var watch: LedgerWatch
    /// Whether the last record was not looked after in the ledger yet.
    private var isUnchecked = false
    /// Records of which a pack may be deleted: each was followed by one that needs it not.
    private var doubtful: [UInt64] = []
    /// What was read ahead of a commit, and the chunks of it that are on their way.
    private var ahead: (chunks: ChunkWriter, found: FoundTree)?
    private var random = SystemRandomNumberGenerator()

    /// The version that was last committed or found.
    package var head: CommitRecord { lease.tail }
    /// Why the tree of the version that was found cannot be read: the next commit stores all files anew.
    package private(set) var flaw: VolumeError?

    /// The version that was last committed or found, for an upper directory of overlayfs above it.
    package func lower(ids: IdentityMap = IdentityMap()) -> OverlayTree {
        OverlayTree(tree.entries, ids: ids)
    }

    /// Takes the right to write a volume, and reads what its tree is.
    package init(_ log: CommitLog, for owner: CommitRecord.Owner, time: UInt64, in scope: TransferScope)
        throws(VolumeError)
    {
        guarantee = log.guarantee
        watch = try LedgerWatch(log.store, in: scope)
        let nonce = PackName(using: &random).bytes
        if guarantee == .fenced {
            (self.log, line) = (log, nil)
            lease = try log.acquire(owner, time: time, nonce: nonce, in: scope)
        } else {
            let (line, lease) = try log.acquireLine(owner, time: time, nonce: nonce, in: scope)
            (self.log, self.line, self.lease) = (try log.line(line), line, lease)
        }
        let chunks = ChunkReader(from: log.store, in: scope)
        do throws(VolumeError) {
            tree = try TreeReader.read(lease.tail.root, with: chunks)
            known = try TreeReader.chunks(of: tree, with: chunks)
        } catch {
            // Whoever has the files can do without.
            guard error.isOfLoss else { throw error }
            (tree, known, flaw) = (VolumeTree(), [:], error)
        }
        // Whoever made the last record may not have lived to look.
        forget(watch.marked)
    }

    /// A volume as its owner left it at a version, for a branch of what they had not committed: it has no lease.
    init(left record: CommitRecord, of log: CommitLog, in scope: TransferScope) throws(VolumeError) {
        (self.log, guarantee, line) = (log, .fenced, nil)
        watch = try LedgerWatch(log.store, in: scope)
        do throws(FormatFlaw) {
            lease = Lease(record, name: try ContentName(of: record.encoded()))
        } catch {
            throw VolumeError("branch", log.place.volume, .refused(error.description))
        }
        let chunks = ChunkReader(from: log.store, in: scope)
        do throws(VolumeError) {
            tree = try TreeReader.read(record.root, with: chunks)
            known = try TreeReader.chunks(of: tree, with: chunks)
        } catch {
            // It was given up meanwhile: all is stored anew.
            guard error.isOfAbsence else { throw error }
            (tree, known) = (VolumeTree(), [:])
        }
        forget(watch.marked)
    }

    /// What was read ahead is of before, and sent in a scope that may be called off.
    func forgetAhead() { ahead = nil }

    /// Whether the last record may be one that gave the volume back: it must be acquired anew then.
    package var mayBeReleased: Bool {
        lease.tail.flags.contains(.released) || pending?.record.flags.contains(.released) == true
    }

    /// Whether it is known what came of the last record.
    package var isSettled: Bool { pending == nil }

    /// Whether somebody else has it by now, as far as the store shows that.
    package func isOvertaken(in scope: TransferScope) throws(VolumeError) -> Bool {
        guard let line else { return try (log.tail(in: scope)?.epoch ?? 0) > lease.epoch }
        return try log.parent.lines(in: scope).contains { $0 > line }
    }

    /// Bytes of files that changed since the last commit, as far as they were looked at.
    package var dirtyBytes: UInt64 { ahead?.found.changedBytes ?? 0 }

    /// Bytes of all files, as far as they were looked at since the last commit, or as it has them.
    package var size: UInt64 { ahead?.found.bytes ?? lease.tail.statistics.bytes }

    /// Whether a directory is something else than what was committed last; what changed is read, so that a commit that
    /// follows soon has little to read.
    ///
    /// - Returns: False if it is the same: then no request was made.
    package func readAhead(_ root: Descriptor, over lower: OverlayTree? = nil, in scope: TransferScope)
        throws(VolumeError) -> Bool
    {
        let found = try look(root, over: lower, in: scope).found
        guard found.changes.isEmpty else { return true }
        seen = found.scan.seen
        return false
    }

    /// Reads ahead.
    private func look(_ root: Descriptor, over lower: OverlayTree?, in scope: TransferScope)
        throws(VolumeError) -> (chunks: ChunkWriter, found: FoundTree)
    {
        // What fails is not gone on with: its chunks may not have come anywhere.
        let before = ahead?.chunks.hasFailed == true ? nil : ahead
        ahead = nil
        let chunks =
            before?.chunks ?? ChunkWriter(to: log.store, known: known, random: random, in: scope)
        let found: FoundTree
        if let before = before?.found {
            let look = try TreeLook(root, after: before.scan, .none, into: chunks)
            found = try self.found(by: look, after: before, over: lower, chunks)
        } else {
            let scan = try TreeScan.run(root, known: seen, into: chunks)
            found = FoundTree(scan, over: lower, after: tree)
        }
        let read = (chunks: chunks, found: found)
        ahead = read
        return read
    }

    /// What a second look found.
    private func found(
        by look: TreeLook,
        after before: FoundTree,
        over lower: OverlayTree?,
        _ chunks: ChunkWriter
    ) throws(VolumeError) -> FoundTree {
        let scan = try look.scan(into: chunks)
        return scan.isAsBefore ? before.again(scan) : FoundTree(scan, over: lower, after: tree)
    }

    /// Commits what is in a directory.
    ///
    /// - Parameters:
    ///   - root: The directory.
    ///   - isCut: Whether nothing can change in it meanwhile: all files are of one instant then.
    ///   - cut: Sees to that while what changed last is read; nil if nobody does.
    ///   - space: Where what changed last is cloned, to be read when the cut is over; nil if it is read during it.
    ///   - lower: What the directory is an upper one of overlayfs over; nil if it is the volume itself.
    ///   - releasing: Whether this is the last commit, and others may take the volume at once.
    ///   - time: Nanoseconds since 1970, for the record.
    ///   - scope: Ends it early.
    /// - Returns: The record, or nil if there is nothing to commit: then no request was made.
    /// - Throws: `fenced` if somebody else writes the volume now, `unsettled` if the same must be asked for again.
    package func commit(
        _ root: Descriptor,
        isCut: Bool,
        cut: (any VolumeCut)? = nil,
        by space: CloneSpace? = nil,
        over lower: OverlayTree? = nil,
        releasing: Bool = false,
        time: UInt64,
        in scope: TransferScope
    ) throws(VolumeError) -> CommitRecord? {
        if pending != nil { try settle(in: scope) }
        // That it was given back was in the log, and not heard.
        if releasing, lease.tail.flags.contains(.released) {
            try checkForked()
            return lease.tail
        }
        try checkOwned()
        if isUnchecked || watch.isOld { try check(in: scope) }
        for attempt in 0..<3 {
            guard try readAhead(root, over: lower, in: scope) || releasing else { return nil }
            // Nobody stands still a second time.
            let again = attempt == 0 || cut?.mayRepeat == true
            let stored = try store(
                root,
                isCut: isCut && (cut == nil || again),
                cut: again ? cut : nil,
                by: space,
                over: lower,
                in: scope
            )
            guard stored.isChanged else {
                seen = stored.seen
                return releasing ? try release(stored, time: time, in: scope) : nil
            }
            try append(stored, stored.flags, time: time, in: scope)
            try checkOwned()
            guard try check(in: scope) else { continue }
            return releasing ? try release(stored, time: time, in: scope) : lease.tail
        }
        throw VolumeError("commit", log.place.volume, .unsettled("its packs are being swept: try again"))
    }

    /// Makes an earlier version, or one of a branch, the next one, for the price of one object; all that is in the log stays
    /// there.
    ///
    /// The directory has its files by then. What a sweep is about to delete of it the next commit stores anew.
    /// - Throws: As `commit`; `refused` if the version has no files.
    package func goBack(to record: CommitRecord, time: UInt64, in scope: TransferScope) throws(VolumeError)
        -> CommitRecord
    {
        if pending != nil { try settle(in: scope) }
        try checkOwned()
        guard let root = record.root else {
            let reason = "version \(record.sequence) has no files: take another one"
            throw VolumeError("restore", log.place.volume, .refused(reason))
        }
        ahead = nil  // it is of before
        let chunks = ChunkReader(from: log.store, in: scope)
        let tree = try TreeReader.read(root, with: chunks)
        known.merge(try TreeReader.chunks(of: tree, with: chunks)) { one, _ in one }
        var statistics = record.statistics
        (statistics.packs, statistics.stored, statistics.pause) = (0, 0, 0)
        let flags = record.flags.intersection(.fuzzy)
        let next = lease.next(root: root, flags: flags, time: time, statistics: statistics, nonce: nonce())
        pending = (next, tree, [:])
        try settle(in: scope)
        try checkForked()
        try check(in: scope)
        // What stood in the ledger before is not referred to anew.
        if !forget(watch.marked) { doubtful.append(lease.tail.sequence) }
        return lease.tail
    }

    /// Says that others may have the volume; with the files that were looked after, for behind this nothing follows.
    private func release(_ stored: StoredTree, time: UInt64, in scope: TransferScope) throws(VolumeError)
        -> CommitRecord
    {
        try append(stored, .released, time: time, in: scope)
        try checkForked()
        return lease.tail
    }

    private func append(
        _ stored: StoredTree,
        _ flags: CommitRecord.Flags,
        time: UInt64,
        in scope: TransferScope
    ) throws(VolumeError) {
        var statistics = stored.statistics
        if flags.contains(.released) { (statistics.packs, statistics.stored) = (0, 0) }
        let record = lease.next(
            root: stored.root,
            flags: flags,
            time: time,
            statistics: statistics,
            nonce: nonce()
        )
        pending = (record, stored.tree, stored.seen)
        try settle(in: scope)
    }

    private func checkOwned() throws(VolumeError) {
        guard !lease.tail.flags.contains(.released) else {
            throw VolumeError("commit", log.place.volume, .fenced("it was released: acquire it anew"))
        }
        try checkForked()
    }

    private func checkForked() throws(VolumeError) {
        guard isForked else { return }
        let reason = "somebody else writes it now: what is not with them is in this branch"
        throw VolumeError("commit", log.place.volume, .fenced(reason))
    }

    // MARK: The ledger

    /// Whether the last record has no pack that is to be deleted; if it has, the next one will have none of them.
    @discardableResult
    func check(in scope: TransferScope) throws(VolumeError) -> Bool {
        let swept = try watch.look(for: packs, in: scope)
        let isSafe = forget(swept)
        if isUnchecked, !isSafe { doubtful.append(lease.tail.sequence) }
        if isSafe, !doubtful.isEmpty {
            try Sweeper(log.store).giveUp(doubtful, of: log.place, now: lease.tail.time, in: scope)
            doubtful = []
        }
        isUnchecked = false
        return isSafe
    }

    /// Packs that what is committed, or is to be, may refer to.
    private var packs: Set<PackName> { treePacks.union(known.values.lazy.map(\.pack)) }

    /// Packs that the tree names, but for those in lists.
    private var treePacks: Set<PackName> {
        var packs = Set(tree.runs.lazy.flatMap(\.pages).map(\.chunk.pack))
        for entry in tree.entries {
            guard case .file(let content) = entry.kind else { continue }
            packs.formUnion(content.pieces.lazy.compactMap(\.chunk?.pack))
        }
        return packs
    }

    /// Forgets chunks of packs of which the last version has nothing, once they are most of what is known.
    private func prune() {
        guard known.count > 2 * seen.count + spare else { return }
        let used = treePacks
        known = known.filter { used.contains($0.value.pack) }
    }

    /// Has what is in use in some packs in others from the next commit on, so that they can go.
    package func rewrite(_ packs: Set<String>) { forget(Set(packs.compactMap { PackName(hex: $0) })) }

    /// Never refers to some packs again; tells whether nothing that is committed does.
    @discardableResult
    private func forget(_ packs: Set<PackName>) -> Bool {
        guard !packs.isEmpty else { return true }
        func isIn(_ chunk: ChunkReference?) -> Bool { chunk.map { packs.contains($0.pack) } ?? false }
        func isIn(_ entry: TreeEntry) -> Bool {
            guard case .file(let content) = entry.kind else { return false }
            // What is in lists is not known here.
            return content.depth > 0 || content.pieces.contains { isIn($0.chunk) }
        }
        known = known.filter { !packs.contains($0.value.pack) }
        ahead = nil  // what was read ahead may refer to them
        guard
            isIn(lease.tail.root) || tree.runs.contains(where: { $0.pages.contains { isIn($0.chunk) } })
                || tree.entries.contains(where: isIn)
        else { return true }
        seen = seen.filter { !isIn($0.value.entry) }
        tree = VolumeTree()
        return false
    }

    /// 16 random bytes for a record.
    func nonce() -> [UInt8] { PackName(using: &random).bytes }

    /// Has in the store what is in a directory, beside what the last version has of it.
    func store(
        _ root: Descriptor,
        isCut: Bool,
        cut: (any VolumeCut)? = nil,
        by space: CloneSpace? = nil,
        over lower: OverlayTree? = nil,
        in scope: TransferScope
    ) throws(VolumeError) -> StoredTree {
        let read: (chunks: ChunkWriter, found: FoundTree)
        if let ahead { read = ahead } else { read = try look(root, over: lower, in: scope) }
        ahead = nil
        var found = read.found
        var still: (isWhole: Bool, pause: Duration) = (isCut, .zero)
        if let cut {
            // Nobody stands still for a disk or a network.
            space?.prepare(found.changes, in: root)
            try read.chunks.makeRoom()
            do throws(VolumeError) { try cut.begin() } catch {
                ahead = read  // what it has sent is not sent again
                throw error
            }
            let look: TreeLook
            do throws(VolumeError) {
                look = try TreeLook(root, after: found.scan, .standing(space), into: read.chunks)
            } catch {
                _ = cut.end()
                throw error
            }
            still = cut.end()
            Failpoint.volumeCutEnded.reach()
            found = try self.found(by: look, after: found, over: lower, read.chunks)
        }
        let stored = try StoredTree(
            found,
            over: lower,
            still,
            after: tree,
            at: lease.tail.root,
            of: log.place,
            into: read.chunks
        )
        known.merge(read.chunks.takeAdded()) { one, _ in one }
        return stored
    }

    /// Has the record that is pending in the log, or finds that it never will be.
    func settle(in scope: TransferScope) throws(VolumeError) {
        guard let pending else { return }
        Failpoint.volumeRecordDue.reach()
        (lease, isForked) = try log.append(pending.record, to: line, in: scope)
        tree = pending.tree
        seen = pending.seen
        flaw = nil
        self.pending = nil
        isUnchecked = true
        prune()
        Failpoint.volumeRecordMade.reach()
    }
}
