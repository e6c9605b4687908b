// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// Reads the tree of a version from its store.
enum TreeReader {
    /// The tree at a root; every page is what the root says of it.
    static func read(_ root: ChunkReference?, with chunks: ChunkReader) throws(VolumeError) -> VolumeTree {
        guard let root else { return VolumeTree() }
        func damaged(_ flaw: FormatFlaw) -> VolumeError {
            VolumeError("read", "tree \(root.name)", .damaged(flaw.description))
        }
        let bytes = try chunks.read(root), pages: [[TreeRoot.Page]]
        do throws(FormatFlaw) { pages = try TreeRoot(bytes).runs } catch { throw damaged(error) }
        chunks.expect(pages.joined().map(\.chunk))
        var runs: [VolumeTree.Run] = []
        for run in pages {
            var entries: [TreeEntry] = []
            for page in run {
                let bytes = try chunks.read(page.chunk)
                do throws(FormatFlaw) { try decode(bytes, page, into: &entries) } catch {
                    throw damaged(error)
                }
            }
            runs.append(VolumeTree.Run(entries: entries, pages: run))
        }
        let tree = VolumeTree(runs: runs)
        do throws(FormatFlaw) { try VolumeTree.check(tree.entries) } catch { throw damaged(error) }
        return tree
    }

    private static func decode(_ bytes: [UInt8], _ page: TreeRoot.Page, into entries: inout [TreeEntry])
        throws(FormatFlaw)
    {
        let found = try TreePage.decode(bytes)
        guard found.count == page.entries, found.first?.path == page.first,
            entries.last.map({ $0.path < page.first }) ?? true
        else { throw FormatFlaw("the page of \(page.first) is not what the root says") }
        entries += found
    }

    /// Where all chunks of a tree are, its pages, and what is in lists, with it; one chunk may be in two packs.
    static func references(of tree: VolumeTree, with reader: ChunkReader) throws(VolumeError)
        -> Set<ChunkReference>
    {
        var chunks = Set(tree.runs.lazy.flatMap(\.pages).map(\.chunk))
        for entry in tree.entries {
            guard case .file(let content) = entry.kind else { continue }
            try collect(content.pieces, depth: content.depth, with: reader, into: &chunks)
        }
        return chunks
    }

    /// All chunks of a tree by their names, each where it is.
    static func chunks(of tree: VolumeTree, with reader: ChunkReader) throws(VolumeError)
        -> [ContentName: ChunkReference]
    {
        let references = try references(of: tree, with: reader)
        return Dictionary(references.lazy.map { ($0.name, $0) }) { one, _ in one }
    }

    static func collect(
        _ pieces: [FileContent.Piece],
        depth: Int,
        with reader: ChunkReader,
        into chunks: inout Set<ChunkReference>
    ) throws(VolumeError) {
        for piece in pieces {
            guard let chunk = piece.chunk else { continue }
            // A list that was read already has nothing new.
            guard chunks.insert(chunk).inserted, depth > 0 else { continue }
            let list = try list(chunk, span: piece.span, depth: depth - 1, with: reader)
            try collect(list, depth: depth - 1, with: reader, into: &chunks)
        }
    }

    /// The pieces of a list that stands for so many bytes.
    static func list(_ chunk: ChunkReference, span: Int64, depth: Int, with reader: ChunkReader)
        throws(VolumeError)
        -> [FileContent.Piece]
    {
        let bytes = try reader.read(chunk)
        do throws(FormatFlaw) { return try FileContent.decode(bytes, span: span, depth: depth) } catch {
            throw VolumeError("read", "list \(chunk.name)", .damaged(error.description))
        }
    }
}
