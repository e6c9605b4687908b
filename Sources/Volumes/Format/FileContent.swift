// SPDX-License-Identifier: Apache-2.0

/// What a file holds: chunks and holes, one behind the other.
///
/// A file of many chunks has them in lists, which are chunks themselves, and those may be in lists again.
package struct FileContent: Hashable, Sendable {
    /// A stretch of a file.
    package struct Piece: Hashable, Sendable {
        /// How many bytes of the file it stands for.
        package let span: Int64
        /// What is there, or a list of it; nil for a hole.
        package let chunk: ChunkReference?
    }

    /// More pieces than that are put into lists.
    static let directPieces = 256
    /// A list has no more, and rarely fewer than a quarter of its average, 256.
    static let listedPieces = 1_024
    /// Lists of lists of lists: more than the 2^63 bytes that a file can have.
    static let maximumDepth = 6

    /// The bytes of the file.
    package let size: Int64
    /// 0 if the chunks are the file's own, 1 if they are lists of those, and so on.
    package let depth: Int
    /// From the beginning to the end.
    package let pieces: [Piece]

    /// Throws what no file can be.
    init(size: Int64, depth: Int, pieces: [Piece]) throws(FormatFlaw) {
        try Self.check(pieces, depth: depth, size: size)
        self.size = size
        self.depth = depth
        self.pieces = pieces
    }

    /// Nothing.
    static let empty = FileContent()

    private init() {
        size = 0
        depth = 0
        pieces = []
    }

    /// Whether pieces are, together, what they are said to be.
    static func check(_ pieces: [Piece], depth: Int, size: Int64) throws(FormatFlaw) {
        guard size >= 0, (0...maximumDepth).contains(depth), pieces.count <= listedPieces else {
            throw FormatFlaw("a file of \(size) bytes in \(pieces.count) pieces at depth \(depth) cannot be")
        }
        var rest = size
        for piece in pieces {
            guard piece.span > 0, piece.span <= rest else {
                throw FormatFlaw("the pieces of a file are not as many bytes as it has")
            }
            guard depth > 0 || piece.chunk.map({ Int64($0.size) == piece.span }) ?? true else {
                throw FormatFlaw("a chunk of a file has not the bytes of its piece")
            }
            rest -= piece.span
        }
        guard rest == 0 else { throw FormatFlaw("the pieces of a file are not as many bytes as it has") }
    }

    /// Parts of a long row of pieces, each for one list: cut by what the pieces are, so that most lists stay when some
    /// pieces change.
    static func lists(_ pieces: [Piece]) -> [ArraySlice<Piece>] {
        var lists: [ArraySlice<Piece>] = []
        var start = 0
        for (index, piece) in pieces.enumerated() {
            let count = index + 1 - start
            let isCut = count >= 64 && (piece.chunk?.name.bits ?? 1) & 0xFF == 0
            guard isCut || count == listedPieces || index + 1 == pieces.count else { continue }
            lists.append(pieces[start...index])
            start = index + 1
        }
        return lists
    }

    // MARK: Lists as bytes

    /// A list of pieces.
    static func encode(_ pieces: ArraySlice<Piece>) -> [UInt8] {
        var packs = PackTable(), body = ByteWriter()
        body.put(pieces, &packs)
        var list = ByteWriter()
        list.put("MLLS".utf8)
        list.put(packs)
        list.put(body.bytes)
        return list.bytes
    }

    /// The pieces of a list that stands for so many bytes at a depth of lists below it.
    package static func decode(_ bytes: [UInt8], span: Int64, depth: Int) throws(FormatFlaw) -> [Piece] {
        var reader = ByteReader(bytes)
        try reader.expect("MLLS")
        let packs = try reader.takePacks()
        let pieces = try reader.takePieces(packs, limit: listedPieces)
        try reader.expectEnd()
        try check(pieces, depth: depth, size: span)
        return pieces
    }
}

extension ByteWriter {
    mutating func put(_ pieces: some Collection<FileContent.Piece>, _ packs: inout PackTable) {
        put(varying: pieces.count)
        for piece in pieces {
            put(varying: UInt64(piece.span))
            put(UInt8(piece.chunk == nil ? 0 : 1))
            if let chunk = piece.chunk { put(chunk, &packs) }
        }
    }
}

extension ByteReader {
    mutating func takePieces(_ packs: [PackName], limit: Int) throws(FormatFlaw) -> [FileContent.Piece] {
        let count = try takeCount("number of pieces", limit: min(limit, rest / 2))
        var pieces: [FileContent.Piece] = []
        for _ in 0..<count {
            let span = try takeVarying("piece's size", limit: UInt64(Int64.max))
            let tag = try take(UInt8.self)
            guard tag <= 1 else { throw FormatFlaw("a piece of kind \(tag) is not known") }
            pieces.append(
                FileContent.Piece(span: Int64(span), chunk: tag == 1 ? try takeChunk(packs) : nil)
            )
        }
        return pieces
    }
}
