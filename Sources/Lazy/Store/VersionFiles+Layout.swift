// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux
internal import Volumes

extension VersionFiles {
    private typealias Visit = (Range<Int64>, ChunkReference?) throws(VolumeError) -> Void

    /// Gives the chunks and holes that a part of a piece of lists is made of, in order; lists are fetched.
    func walk(
        _ piece: Int,
        _ range: Range<Int64>,
        while isWanted: () -> Bool,
        _ visit: (Range<Int64>, ChunkReference?) throws(VolumeError) -> Void
    ) throws(VolumeError) {
        let whole = tree.range(of: piece), depth = Int(tree.nodes[Int(tree.pieces[piece].file)].depth)
        try walk(chunk(of: piece), whole, depth, range, while: isWanted, visit)
    }

    private func walk(
        _ chunk: ChunkReference?,
        _ whole: Range<Int64>,
        _ depth: Int,
        _ range: Range<Int64>,
        while isWanted: () -> Bool,
        _ visit: Visit
    ) throws(VolumeError) {
        guard depth > 0, let chunk else { return try visit(whole, chunk) }
        let span = whole.upperBound - whole.lowerBound
        let pieces = try lists.fetch(chunk, span: span, depth: depth - 1, from: packs, while: isWanted)
        var start = whole.lowerBound
        for piece in pieces {
            let part = start..<start + piece.span
            start = part.upperBound
            guard part.overlaps(range) else { continue }
            try walk(piece.chunk, part, depth - 1, range, while: isWanted, visit)
        }
    }

    // MARK: Data and holes

    /// Where the next data or the next hole is; nil if a list has to be fetched first.
    package func next(_ stretch: FileStretch, of file: Int, from offset: Int64) throws(LinuxError) -> Int64? {
        let node = tree.nodes[file]
        for piece in tree.pieces(of: file, offset..<node.size) {
            let whole = tree.range(of: piece), chunk: ChunkReference?
            do throws(VolumeError) { chunk = try self.chunk(of: piece) } catch {
                throw LinuxError("lseek", "file \(file)", errno: EIO)
            }
            switch next(stretch, in: chunk, whole, Int(node.depth), from: offset) {
            case .found(let place): return place
            case .unknown: return nil
            case .none: continue
            }
        }
        return node.size
    }

    private enum Next { case found(Int64), none, unknown }

    private func next(
        _ stretch: FileStretch,
        in chunk: ChunkReference?,
        _ whole: Range<Int64>,
        _ depth: Int,
        from offset: Int64
    ) -> Next {
        guard depth > 0, let chunk else {
            return (chunk == nil) == (stretch == .hole) ? .found(max(whole.lowerBound, offset)) : .none
        }
        let span = whole.upperBound - whole.lowerBound
        guard let pieces = lists.list(chunk, span: span, depth: depth - 1) else { return .unknown }
        var start = whole.lowerBound
        for piece in pieces {
            let part = start..<start + piece.span
            start = part.upperBound
            guard part.upperBound > offset else { continue }
            let found = next(stretch, in: piece.chunk, part, depth - 1, from: offset)
            if case .none = found { continue }
            return found
        }
        return .none
    }

    /// Has all lists of a file here, from a byte on.
    package func fetchLayout(of file: Int, at offset: Int64, while isWanted: () -> Bool) throws(LinuxError) {
        do throws(VolumeError) {
            let rest = offset..<max(offset, tree.nodes[file].size)
            for piece in tree.pieces(of: file, rest) {
                try walk(piece, rest, while: isWanted) { (_, _) throws(VolumeError) in }
            }
        } catch {
            report(error.description)
            throw LinuxError("lseek", "file \(file)", errno: error.cause == .cancelled ? EINTR : EIO)
        }
    }
}
