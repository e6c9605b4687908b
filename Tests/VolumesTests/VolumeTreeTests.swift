// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Volumes

@Suite struct VolumeTreeTests {
    /// Commits what changed, as pages that are read again.
    private static func commit(_ tree: VolumeTree, _ entries: [TreeEntry], _ random: inout RandomTree) throws
        -> (tree: VolumeTree, written: Int)
    {
        let changes = tree.changes(to: entries)
        guard !changes.isEmpty else { return (tree, 0) }
        let change = tree.writing(changes)
        let pages = TreePage.encode(change.fresh)
        let run = VolumeTree.Run(
            entries: try pages.flatMap { try TreePage.decode($0.bytes) },
            pages: try pages.map { page in
                TreeRoot.Page(
                    chunk: try random.chunk(page.bytes.count),
                    first: page.entries[page.entries.startIndex].path,
                    entries: page.entries.count
                )
            }
        )
        return (tree.advanced(keeping: change.kept, run), pages.reduce(0) { $0 + $1.bytes.count })
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `a tree is what it was last changed to`(seed: UInt64) throws
    {
        var random = RandomTree(seed: seed)
        var entries = try random.entries(60), tree = VolumeTree()
        for step in 0..<40 {
            tree = try Self.commit(tree, entries, &random).tree
            #expect(tree.entries == entries, "seed \(seed), step \(step)")
            #expect(tree.changes(to: entries).isEmpty)
            #expect(tree == VolumeTree(runs: tree.runs))
            for (run, next) in zip(tree.runs, tree.runs.dropFirst()) {
                #expect(run.entries.count > 2 * next.entries.count)
            }
            #expect(try TreeRoot(tree.root.encoded()) == tree.root)
            entries = try random.changed(
                entries,
                oneIn: [3, 20, 100].randomElement(using: &random.random) ?? 3
            )
        }
        entries = Array(entries.prefix(1))
        tree = try Self.commit(tree, entries, &random).tree
        #expect(tree.entries == entries && tree.runs.count == 1 && tree.runs[0].entries.count == 1)
    }

    @Test func `what is written for a change of one in a hundred is little, also in the long run`() throws {
        var random = RandomTree(seed: 7)
        var entries = (0..<4_000).compactMap { index -> TreeEntry? in
            let name = Array("file-\(100_000 + index)".utf8)
            guard let path = try? TreePath(bytes: name) else { return nil }
            return TreeEntry(path: path, kind: .fifo, attributes: random.attributes())
        }
        var (tree, whole) = try Self.commit(VolumeTree(), entries, &random)
        var written = 0
        for step in 0..<20 {
            for index in stride(from: step, to: entries.count, by: 100) {
                entries[index] = TreeEntry(
                    path: entries[index].path,
                    kind: .fifo,
                    attributes: random.attributes()
                )
            }
            let size: Int
            (tree, size) = try Self.commit(tree, entries, &random)
            if step == 0 { #expect(size < whole / 50, "\(size) of \(whole)") }
            written += size
        }
        #expect(written < 2 * whole, "\(written) of \(whole)")
    }

    @Test func `a tree with a hole in it is none`() throws {
        var random = RandomTree(seed: 8)
        let attributes = random.attributes()
        func entry(_ path: String, _ kind: TreeEntry.Kind = .fifo) throws -> TreeEntry {
            TreeEntry(path: try TreePath(bytes: Array(path.utf8)), kind: kind, attributes: attributes)
        }
        let root = try entry("", .directory), link = TreeEntry.Kind.hardLink(to: try TreePath(bytes: [0x61]))
        try VolumeTree.check([root, entry("a"), entry("b", link)])
        let broken = [
            [], [try entry("a")], [root, try entry("a/b")], [root, try entry("a"), try entry("a/b")],
            [root, try entry("b", link)], [root, try entry("a", .directory), try entry("b", link)],
        ]
        for entries in broken { #expect(throws: FormatFlaw.self) { try VolumeTree.check(entries) } }
    }
}
