// SPDX-License-Identifier: Apache-2.0

/// The entries of a volume, in the runs that the store has them in.
///
/// What changed since the last commit is a run of its own, so a commit costs as much as changed. A run that is not twice
/// as long as what comes after it is written anew together with that: there are few of them, and an entry is written so
/// often as the number of entries has binary digits, at most.
struct VolumeTree: Equatable {
    /// Entries in order, and the pages that have them.
    struct Run: Equatable {
        let entries: [TreeEntry]
        let pages: [TreeRoot.Page]
    }

    let runs: [Run]
    /// All that is there, in order.
    let entries: [TreeEntry]

    init(runs: [Run] = []) {
        self.init(runs, entries: runs.reduce([]) { Self.merge($0, $1.entries) })
    }

    /// The entries may be gone: they are left out.
    private init(_ runs: [Run], entries: [TreeEntry]) {
        self.runs = runs
        self.entries = entries.filter { !$0.isGone }
    }

    /// The entries, in order, that are other than they were, or gone.
    func changes(to entries: [TreeEntry]) -> [TreeEntry] { Self.difference(self.entries, entries) }

    /// What a commit of changes, of which there are some, has to write: how many runs stay, and what comes behind them.
    func writing(_ changes: [TreeEntry]) -> (kept: Int, fresh: [TreeEntry]) {
        var fresh = changes, kept = runs.count
        while kept > 0, runs[kept - 1].entries.count <= 2 * fresh.count {
            kept -= 1
            fresh = Self.merge(runs[kept].entries, fresh)
        }
        // There is nothing below that could be gone.
        return (kept, kept == 0 ? fresh.filter { !$0.isGone } : fresh)
    }

    /// The tree with what was written.
    func advanced(keeping kept: Int, _ fresh: Run) -> VolumeTree {
        VolumeTree(
            runs.prefix(kept) + (fresh.entries.isEmpty ? [] : [fresh]),
            // Where no run stays, what is fresh is all, and has nothing that is gone.
            entries: kept == 0 ? fresh.entries : Self.merge(entries, fresh.entries)
        )
    }

    /// Where its pages are.
    var root: TreeRoot { TreeRoot(runs: runs.map(\.pages)) }

    /// Both in order; of two with one path the newer one.
    private static func merge(_ older: [TreeEntry], _ newer: [TreeEntry]) -> [TreeEntry] {
        var merged: [TreeEntry] = []
        merged.reserveCapacity(older.count + newer.count)
        walk(older, newer) { old, new in if let entry = new ?? old { merged.append(entry) } }
        return merged
    }

    /// What makes the newer entries of the older ones.
    private static func difference(_ older: [TreeEntry], _ newer: [TreeEntry]) -> [TreeEntry] {
        var changes: [TreeEntry] = []
        walk(older, newer) { old, new in
            guard old != new else { return }
            if let entry = new ?? old.map({ TreeEntry(gone: $0.path) }) { changes.append(entry) }
        }
        return changes
    }

    /// Both in order, path by path.
    private static func walk(
        _ older: [TreeEntry],
        _ newer: [TreeEntry],
        _ body: (TreeEntry?, TreeEntry?) -> Void
    ) {
        var old = older[...], new = newer[...]
        while true {
            switch (old.first, new.first) {
            case (nil, nil): return
            case (let left?, let right?) where left.path == right.path:
                body(left, right)
                old = old.dropFirst()
                new = new.dropFirst()
            case (let left?, let right) where right.map({ left.path < $0.path }) ?? true:
                body(left, nil)
                old = old.dropFirst()
            default:
                body(nil, new.first)
                new = new.dropFirst()
            }
        }
    }

    /// Whether the entries are the tree of a volume: a root, every file in a folder, every further path one of a file.
    static func check(_ entries: [TreeEntry]) throws(FormatFlaw) {
        guard entries.first?.path == .root else { throw FormatFlaw("there is no root") }
        var folders: Set<TreePath> = [], files: Set<TreePath> = []
        for entry in entries {
            if let folder = entry.path.parted?.folder, !folders.contains(folder) {
                throw FormatFlaw("\(entry.path) is in no folder")
            }
            switch entry.kind {
            case .directory: folders.insert(entry.path)
            case .hardLink(let target):
                guard files.contains(target) else {
                    throw FormatFlaw("\(entry.path) is a link to \(target), which is no file")
                }
            default: files.insert(entry.path)
            }
        }
    }
}
