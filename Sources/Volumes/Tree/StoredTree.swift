// SPDX-License-Identifier: Apache-2.0

/// What a directory holds, once the store has all of it: what a record says of it, but for its place in a log.
struct StoredTree {
    let tree: VolumeTree
    let root: ChunkReference?
    /// Whether it is another one than the version before.
    let isChanged: Bool
    let seen: [TreePath: TreeScan.Seen]
    let statistics: CommitRecord.Statistics
    /// What is to be said of a record with this tree.
    let flags: CommitRecord.Flags

    /// Stores what was found that is not in the tree before, and waits until the store has it.
    ///
    /// It was of an upper directory of overlayfs if there is a `lower`, and everything stood `still` meanwhile or not.
    init(
        _ found: FoundTree,
        over lower: OverlayTree?,
        _ still: (isWhole: Bool, pause: Duration),
        after before: VolumeTree,
        at reference: ChunkReference?,
        of place: LogPlace,
        into chunks: ChunkWriter
    ) throws(VolumeError) {
        let scan = found.scan, entries = found.entries
        do throws(FormatFlaw) { try VolumeTree.check(entries) } catch {
            throw VolumeError("commit", place.volume, .unsettled("\(error.description): try again"))
        }
        var tree = before, root = reference
        isChanged = !found.changes.isEmpty
        if isChanged {
            let change = before.writing(found.changes)
            tree = before.advanced(keeping: change.kept, try Self.write(change.fresh, into: chunks))
            let encoded: [UInt8]
            do throws(FormatFlaw) { encoded = try tree.root.encoded() } catch {
                throw VolumeError("commit", place.volume, .refused(error.description))
            }
            root = try chunks.add(encoded, .root)
        }
        let sent = try chunks.finish()
        var statistics = CommitRecord.Statistics()
        statistics.entries = UInt64(entries.count)
        statistics.bytes = lower == nil ? scan.bytes : entries.reduce(0) { $0 &+ $1.size }
        statistics.pause = UInt64(max(0, still.pause / .nanoseconds(1)))
        (statistics.packs, statistics.stored) = (UInt64(sent.packs), UInt64(sent.bytes))
        self.tree = tree
        self.root = root
        self.statistics = statistics
        seen = scan.seen
        flags = scan.isTorn || !still.isWhole ? .fuzzy : []
    }

    private static func write(_ entries: [TreeEntry], into chunks: ChunkWriter) throws(VolumeError)
        -> VolumeTree.Run
    {
        var pages: [TreeRoot.Page] = []
        for page in TreePage.encode(entries) {
            let chunk = try chunks.add(page.bytes, .page)
            let first = page.entries[page.entries.startIndex].path
            pages.append(TreeRoot.Page(chunk: chunk, first: first, entries: page.entries.count))
        }
        return VolumeTree.Run(entries: entries, pages: pages)
    }
}
