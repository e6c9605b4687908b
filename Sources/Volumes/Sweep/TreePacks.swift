// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// The packs that a version needs, and how many bytes of each.
struct TreePacks {
    private(set) var bytes: [PackName: Int] = [:]

    /// Reads the whole tree at a root.
    init(of root: ChunkReference?, from store: any ObjectStore, in scope: TransferScope) throws(VolumeError) {
        guard let root else { return }
        let reader = ChunkReader(from: store, in: scope)
        let tree = try TreeReader.read(root, with: reader)
        for chunk in try TreeReader.references(of: tree, with: reader) { note(chunk) }
        note(root)
    }

    private mutating func note(_ chunk: ChunkReference) { bytes[chunk.pack, default: 0] += chunk.stored }
}
