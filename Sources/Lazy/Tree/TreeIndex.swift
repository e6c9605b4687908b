// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// The tree of a version in memory, in a few dozen bytes an entry: all that is asked about it but what is in its files.
///
/// An entry is called by its place in the order of paths, so a later index of the same version has the same numbers. The
/// root is 0.
package struct TreeIndex: Sendable {
    /// An extended attribute, in the bytes.
    struct Extended {
        let name: TreeNode.Part
        let value: TreeNode.Part
    }

    var nodes: ContiguousArray<TreeNode> = []
    var bytes: ContiguousArray<UInt8> = []
    var pieces: ContiguousArray<TreePiece> = []
    var packs: ContiguousArray<PackName> = []
    var extended: ContiguousArray<Extended> = []
    /// The entries of all folders, those of one together and by name.
    var entries: ContiguousArray<UInt32> = []

    /// The bytes of all files, without their holes.
    var stored: Int64 = 0

    init() {}

    /// How many entries there are.
    package var count: Int { nodes.count }

    /// The file that an entry is a path of.
    func file(_ entry: Int) -> Int {
        nodes[entry].kind == .further ? Int(nodes[entry].place.start) : entry
    }

    /// What has a name in a folder.
    func entry(named name: some RandomAccessCollection<UInt8>, in folder: Int) -> Int? {
        let range = nodes[folder].place.range
        var low = range.lowerBound, high = range.upperBound
        while low < high {
            let middle = (low + high) / 2, entry = Int(entries[middle])
            let found = text(nodes[entry].name)
            if found.lexicographicallyPrecedes(name) {
                low = middle + 1
            } else if found.elementsEqual(name) {
                return entry
            } else {
                high = middle
            }
        }
        return nil
    }

    /// Bytes of a name, a link or an attribute.
    func text(_ part: TreeNode.Part) -> ContiguousArray<UInt8>.SubSequence { bytes[part.range] }

    /// An attribute's value; nil if a file has none of that name.
    func attribute(_ name: some Collection<UInt8>, of file: Int) -> TreeNode.Part? {
        extended[nodes[file].extended.range].first { bytes[$0.name.range].elementsEqual(name) }?.value
    }

    /// Where a piece is; nil for a hole.
    func chunk(_ piece: TreePiece) throws(FormatFlaw) -> ChunkReference? {
        guard piece.pack != TreePiece.hole else { return nil }
        return try ChunkReference(
            name: piece.name,
            pack: packs[Int(piece.pack)],
            offset: Int(piece.offset),
            stored: Int(piece.stored),
            size: Int(piece.size)
        )
    }

    /// The pieces of a file that a part of it is in.
    func pieces(of file: Int, _ range: Range<Int64>) -> Range<Int> {
        let all = nodes[file].place.range
        let first = firstPiece(in: all, endingBehind: range.lowerBound)
        guard !range.isEmpty else { return first..<first }
        let last = firstPiece(in: all, endingBehind: range.upperBound - 1)
        return first..<min(last + 1, all.upperBound)
    }

    /// Where a piece begins and ends in its file.
    func range(of piece: Int) -> Range<Int64> {
        let isFirst = piece == Int(nodes[Int(pieces[piece].file)].place.start)
        return (isFirst ? 0 : pieces[piece - 1].end)..<pieces[piece].end
    }

    private func firstPiece(in range: Range<Int>, endingBehind offset: Int64) -> Int {
        var low = range.lowerBound, high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
