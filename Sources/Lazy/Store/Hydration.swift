// SPDX-License-Identifier: Apache-2.0
package import Linux
internal import Volumes

/// Fetches all of a version in the background, pack by pack, from where it is read on.
package struct Hydration: Sendable {
    /// Threads, each of which waits for one answer at a time.
    private static let threads = 2
    /// So much is read at once, if it lies together.
    private static let stretch = 2 << 20
    private static let longestPause = Duration.seconds(30)

    private let files: VersionFiles
    /// Bytes of packs a second; nil for as many as come.
    private let limit: Int?

    /// Fetches what a version's files are.
    package init(_ files: VersionFiles, limit: Int? = nil) {
        self.files = files
        self.limit = limit
    }

    /// Begins, and returns at once; ends when all is here, or when all is called off.
    package func start() throws(LinuxError) {
        for _ in 0..<Self.threads { try Thread.detach { run() } }
    }

    private func run() {
        var pause = Duration.seconds(1)
        while !files.packs.isCancelled, !files.progress.isComplete {
            guard let pieces = next() else {
                // What is missing is in others' hands.
                _ = files.packs.wait(.milliseconds(100))
                continue
            }
            do throws(VolumeError) {
                let read = try bring(pieces)
                if let limit { _ = files.packs.wait(.seconds(read * Self.threads) / limit) }
                pause = .seconds(1)
            } catch {
                guard error.cause != .cancelled else { continue }
                files.report(error.description)
                _ = files.packs.wait(pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Pieces that lie together in a pack, taken; one alone if it is a list.
    private func next() -> [Int]? {
        let tree = files.tree, order = files.order
        return files.local.hold { local in
            for step in order.indices {
                let place = (local.cursor + step) % order.count
                var taken: [Int] = []
                for next in order[place...] {
                    let piece = Int(next), this = tree.pieces[piece]
                    guard !local.has(piece), !local.isBusy(stretch(of: piece)) else { break }
                    let isList = tree.nodes[Int(this.file)].depth > 0
                    guard let first = taken.first.map({ tree.pieces[$0] }) else {
                        taken.append(piece)
                        if isList { break }
                        continue
                    }
                    guard !isList, this.pack == first.pack,
                        Int(this.offset) + Int(this.stored) - Int(first.offset) <= Self.stretch
                    else { break }
                    taken.append(piece)
                }
                guard let first = taken.first else { continue }
                local.cursor = (place + taken.count) % order.count
                guard tree.nodes[Int(tree.pieces[first].file)].depth == 0 else { return taken }
                for piece in taken { _ = local.claim(stretch(of: piece)) }
                return taken
            }
            return nil
        }
    }

    private func stretch(of piece: Int) -> LocalPieces.Stretch {
        LocalPieces.Stretch(
            file: Int(files.tree.pieces[piece].file),
            start: files.tree.range(of: piece).lowerBound
        )
    }

    /// Has pieces that are taken; how many bytes were read for it.
    private func bring(_ pieces: [Int]) throws(VolumeError) -> Int {
        let tree = files.tree
        guard let first = pieces.first, let last = pieces.last,
            tree.nodes[Int(tree.pieces[first].file)].depth == 0
        else {
            for piece in pieces {
                try files.fill(piece, tree.range(of: piece), while: { !files.packs.isCancelled })
            }
            return pieces.reduce(0) {
                $0 + Int(tree.range(of: $1).upperBound - tree.range(of: $1).lowerBound)
            }
        }
        defer { files.local.change { local in for piece in pieces { local.release(stretch(of: piece)) } } }
        var missing: [Int] = []
        for piece in pieces where try !isKept(piece) { missing.append(piece) }
        guard let next = missing.first, let start = try files.chunk(of: next),
            let final = try files.chunk(of: last)
        else { return 0 }
        let range = start.offset..<max(final.offset + final.stored, start.offset + start.stored)
        let bytes = try files.packs.read(start.pack, range)
        for piece in missing {
            guard let chunk = try files.chunk(of: piece) else { continue }
            let place = chunk.offset - range.lowerBound
            guard place >= 0, place + chunk.stored <= bytes.count else {
                throw VolumeError("read", chunk.pack.description, .damaged("it ends within a chunk"))
            }
            let content = try PackSource.unpack(bytes[place..<place + chunk.stored], chunk)
            try files.keep(content, at: tree.range(of: piece).lowerBound, of: Int(tree.pieces[piece].file))
            note(piece)
        }
        return range.count
    }

    private func isKept(_ piece: Int) throws(VolumeError) -> Bool {
        guard let chunk = try files.chunk(of: piece) else { return true }
        let start = files.tree.range(of: piece).lowerBound
        let isKept = try files.keeping(Int(files.tree.pieces[piece].file)) { (kept) throws(LinuxError) in
            try VersionFiles.has(chunk, at: start, in: kept)
        }
        if isKept { note(piece) }
        return isKept
    }

    private func note(_ piece: Int) {
        let range = files.tree.range(of: piece)
        files.local.change { $0.add(piece, range.upperBound - range.lowerBound) }
    }
}
