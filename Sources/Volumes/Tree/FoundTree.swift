// SPDX-License-Identifier: Apache-2.0

/// What a scan found, beside the version before.
struct FoundTree {
    let scan: TreeScan
    /// All that is there, in order: what was scanned may be an upper directory of overlayfs.
    let entries: [TreeEntry]
    /// Those that are other than they were, or gone.
    let changes: [TreeEntry]

    init(_ scan: TreeScan, over lower: OverlayTree?, after before: VolumeTree) {
        self.scan = scan
        entries = lower?.merged(with: scan.entries) ?? scan.entries
        changes = before.changes(to: entries)
    }

    /// The same of another scan, which found the same.
    func again(_ scan: TreeScan) -> FoundTree { FoundTree(scan, entries, changes) }

    private init(_ scan: TreeScan, _ entries: [TreeEntry], _ changes: [TreeEntry]) {
        (self.scan, self.entries, self.changes) = (scan, entries, changes)
    }

    /// Bytes of all files.
    var bytes: UInt64 { entries.reduce(0) { $0 &+ UInt64(clamping: $1.size) } }

    /// Bytes of the files that changed.
    var changedBytes: UInt64 { changes.reduce(0) { $0 &+ UInt64(clamping: $1.size) } }
}
