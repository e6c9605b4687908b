// SPDX-License-Identifier: Apache-2.0

/// Which pieces of a version are here, each checked by its hash, and which somebody fetches.
struct LocalPieces {
    /// A stretch of a file that has one chunk.
    struct Stretch: Hashable {
        let file: Int
        let start: Int64
    }

    private var bits: [UInt64]
    private var busy: Set<Stretch> = []
    /// Of files whose pieces are lists: what is here of them.
    private var parts: [Int: RangeSet<Int64>] = [:]
    /// Bytes of files that are here, without holes.
    private(set) var bytes: Int64 = 0
    /// Bytes of holes that nobody knew of before lists were here.
    private(set) var holes: Int64 = 0
    /// Pieces that are not here yet.
    private(set) var missing: Int
    /// Near what was last asked for and was not here: a place in the order of packs.
    var cursor = 0

    init(_ tree: TreeIndex) {
        bits = Array(repeating: 0, count: (tree.pieces.count + 63) / 64)
        missing = tree.pieces.count
        for piece in tree.pieces.indices where tree.pieces[piece].pack == TreePiece.hole { add(piece, 0) }
    }

    /// Whether a piece is here, with all that it stands for.
    func has(_ piece: Int) -> Bool { bits[piece / 64] & 1 << UInt64(piece % 64) != 0 }

    /// Whether a part of a file of lists is here.
    func has(_ range: Range<Int64>, of file: Int) -> Bool {
        parts[file]?.isSuperset(of: RangeSet(range)) ?? false
    }

    /// Whether somebody fetches a stretch.
    func isBusy(_ stretch: Stretch) -> Bool { busy.contains(stretch) }

    /// Takes a stretch to fetch it; false if somebody has it.
    mutating func claim(_ stretch: Stretch) -> Bool { busy.insert(stretch).inserted }

    /// Gives it back.
    mutating func release(_ stretch: Stretch) { busy.remove(stretch) }

    /// A piece is here now; so many bytes of it are news.
    mutating func add(_ piece: Int, _ size: Int64) {
        guard !has(piece) else { return }
        bits[piece / 64] |= 1 << UInt64(piece % 64)
        missing -= 1
        bytes += size
    }

    /// A part of a file of lists is here now, be it that it is a hole.
    mutating func add(_ range: Range<Int64>, of file: Int, isHole: Bool) {
        guard !has(range, of: file) else { return }
        parts[file, default: RangeSet()].insert(contentsOf: range)
        let size = range.upperBound - range.lowerBound
        if isHole { holes += size } else { bytes += size }
    }
}
