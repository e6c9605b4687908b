// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Reads the content of a file stretch by stretch, and cuts each.
struct ContentReading {
    /// Twice what a chunk may have: behind a cut there is enough for the next one.
    private static let window = 2 * ChunkCutter.maximum

    private let file: Descriptor

    init(_ file: Descriptor) { self.file = file }

    /// What the file holds up to a size; it may change meanwhile, and then it is some of both.
    func content(size: Int64, into chunks: ChunkWriter) throws -> FileContent {
        var pieces: [FileContent.Piece] = [], place: Int64 = 0
        while place < size, let stretch = try file.data(from: place)?.clamped(to: place..<size),
            !stretch.isEmpty
        {
            if stretch.lowerBound > place {
                pieces.append(FileContent.Piece(span: stretch.lowerBound - place, chunk: nil))
            }
            place = try read(stretch, &pieces, chunks)
            // It became shorter: what is missing is a hole.
            guard place == stretch.upperBound else { break }
        }
        if place < size { pieces.append(FileContent.Piece(span: size - place, chunk: nil)) }
        return try chunks.content(size: size, pieces)
    }

    /// Reads a stretch without holes, and tells where its end was.
    private func read(
        _ stretch: Range<Int64>,
        _ pieces: inout [FileContent.Piece],
        _ chunks: ChunkWriter
    ) throws -> Int64 {
        let space = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(Int64(Self.window), stretch.upperBound - stretch.lowerBound)),
            alignment: 4_096
        )
        defer { space.deallocate() }
        var place = stretch.lowerBound, filled = 0, begun = 0
        while true {
            // As much as there is room for.
            while filled < space.count, place + Int64(filled) < stretch.upperBound {
                let wanted = Int(min(Int64(space.count - filled), stretch.upperBound - place - Int64(filled)))
                let rest = UnsafeMutableRawBufferPointer(rebasing: space[filled..<filled + wanted])
                let count = try file.read(into: rest, at: place + Int64(filled))
                guard count > 0 else { break }
                filled += count
            }
            let isLast = filled < space.count || place + Int64(filled) >= stretch.upperBound
            // A chunk of the greatest size may begin at any place before that.
            while begun < filled, isLast || filled - begun >= ChunkCutter.maximum {
                let rest = UnsafeRawBufferPointer(rebasing: space[begun..<filled])
                let whole = stretch.upperBound - stretch.lowerBound <= Int64(ChunkCutter.whole)
                let length = whole ? rest.count : ChunkCutter.length(of: rest)
                let chunk = try chunks.add(UnsafeRawBufferPointer(rebasing: rest[..<length]), .data)
                pieces.append(FileContent.Piece(span: Int64(length), chunk: chunk))
                begun += length
            }
            guard !isLast else { return place + Int64(filled) }
            let rest = filled - begun
            if rest > 0, let start = space.baseAddress {
                start.copyMemory(from: start + begun, byteCount: rest)
            }
            place += Int64(begun)
            (filled, begun) = (rest, 0)
        }
    }
}
