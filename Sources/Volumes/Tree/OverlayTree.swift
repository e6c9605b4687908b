// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// What a version is together with an upper directory of overlayfs above it, which has what was changed since.
///
/// Only the upper directory is read: nothing of the version has to be here, and a commit costs what changed. It says all
/// as long as overlayfs is mounted without `redirect_dir`, `metacopy` and `index`; see the kernel's
/// `filesystems/overlayfs.rst`.
package struct OverlayTree: Sendable {
    private let lower: [TreeEntry]
    /// Upper directories have the host's ids: overlayfs gives them to no mount that maps ids.
    private let ids: IdentityMap

    /// The version of a record, for an upper directory above it; its tree is read.
    package init(
        _ record: CommitRecord,
        from store: any ObjectStore,
        ids: IdentityMap,
        in scope: TransferScope
    ) throws(VolumeError) {
        let chunks = ChunkReader(from: store, in: scope)
        self.init(try TreeReader.read(record.root, with: chunks).entries, ids: ids)
    }

    /// A version, by its entries in order, and which ids of the host are those of its files.
    init(_ lower: [TreeEntry], ids: IdentityMap) {
        self.lower = lower
        self.ids = ids.inverse
    }

    /// All that is there, in order, by what a scan of the upper directory found.
    func merged(with upper: [TreeEntry]) -> [TreeEntry] {
        var gone: Set<TreePath> = [], opaque: Set<TreePath> = [], folders: Set<TreePath> = []
        var above: [TreeEntry] = []
        for entry in upper {
            // Whiteouts are one file with many names, where the file system has links.
            if entry.isWhiteout || entry.target.map({ gone.contains($0) }) ?? false {
                gone.insert(entry.path)
            } else {
                if entry.isOpaque { opaque.insert(entry.path) }
                if entry.kind == .directory { folders.insert(entry.path) }
                above.append(entry.asKept(by: ids))
            }
        }
        gone.formUnion(above.lazy.filter { $0.kind != .directory }.map(\.path))
        return Self.merge(left(gone: gone, opaque: opaque, folders: folders), above)
    }

    /// What is seen of the version.
    private func left(gone: Set<TreePath>, opaque: Set<TreePath>, folders: Set<TreePath>) -> [TreeEntry] {
        var left: [TreeEntry] = []
        // What is below this path is not seen.
        var cover: TreePath?
        // Files whose first path is not seen: by that, what they are and the path that is their first now.
        var orphans: [TreePath: TreeEntry] = [:], firsts: [TreePath: TreePath] = [:]
        for entry in lower {
            if let above = cover, entry.path.isBelow(above) {
                orphans[entry.path] = entry
                continue
            }
            cover = nil
            if gone.contains(entry.path) || entry.kind != .directory && folders.contains(entry.path) {
                cover = entry.path
                orphans[entry.path] = entry
                continue
            }
            if opaque.contains(entry.path) { cover = entry.path }
            guard let target = entry.target, let orphan = orphans[target] else {
                left.append(entry)
                continue
            }
            if let first = firsts[target] {
                left.append(TreeEntry(path: entry.path, kind: .hardLink(to: first), attributes: nil))
            } else {
                firsts[target] = entry.path
                left.append(TreeEntry(path: entry.path, kind: orphan.kind, attributes: orphan.attributes))
            }
        }
        return left
    }

    /// Both in order; of two with one path the upper one.
    private static func merge(_ lower: [TreeEntry], _ upper: [TreeEntry]) -> [TreeEntry] {
        var merged: [TreeEntry] = []
        merged.reserveCapacity(lower.count + upper.count)
        var rest = upper[...]
        for entry in lower {
            while let next = rest.first, next.path < entry.path {
                merged.append(next)
                rest.removeFirst()
            }
            if let next = rest.first, next.path == entry.path {
                merged.append(next)
                rest.removeFirst()
            } else {
                merged.append(entry)
            }
        }
        return merged + rest
    }
}

extension TreeEntry {
    /// The device 0:0: what the version has by this path is no more.
    fileprivate var isWhiteout: Bool { kind == .characterDevice(major: 0, minor: 0) }

    /// The first path of a file, where this is a further one.
    fileprivate var target: TreePath? { if case .hardLink(let target) = kind { target } else { nil } }

    /// A folder of which nothing below is seen.
    fileprivate var isOpaque: Bool {
        attributes?.extended.contains {
            $0.name.elementsEqual("trusted.overlay.opaque".utf8) && $0.value.elementsEqual("y".utf8)
        } ?? false
    }

    /// Without what overlayfs notes for itself, and with other ids.
    fileprivate func asKept(by ids: IdentityMap) -> TreeEntry {
        guard var attributes = attributes.map(ids.mapped) else { return self }
        attributes.extended.removeAll { $0.name.starts(with: "trusted.overlay.".utf8) }
        return TreeEntry(path: path, kind: kind, attributes: attributes)
    }
}
