// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux
internal import Volumes

/// The files of a version in a folder that fills as they are read, each a file of its own with holes where it is not here
/// yet.
///
/// What is here is believed once its hash was right, by each process anew: what another one left is looked at when it is
/// wanted. The content of a file is written once and never changed.
package final class VersionFiles: FileSource {
    /// How often is looked whether anybody still waits.
    private static let look = Duration.milliseconds(200)

    let tree: TreeIndex
    let packs: PackSource
    let files: Descriptor
    let lists: ListCache
    let local: Monitor<LocalPieces>
    /// Whether there is a plain directory of all of it.
    let plain = Monitor(false)
    /// The pieces that have chunks, in the order of packs and places in them.
    let order: [UInt32]
    /// Told what could not be had, a line each.
    let report: @Sendable (String) -> Void

    /// Files of a tree in a folder, which is made what it has to be.
    package init(
        _ tree: TreeIndex,
        from packs: PackSource,
        in folder: Descriptor,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(LinuxError) {
        self.tree = tree
        self.packs = packs
        self.report = report
        files = try Self.folder("files", in: folder)
        lists = ListCache(in: try Self.folder("lists", in: folder))
        local = Monitor(LocalPieces(tree))
        order = tree.pieces.indices.filter { tree.pieces[$0].pack != TreePiece.hole }.map(UInt32.init)
            .sorted { Self.place(tree.pieces[Int($0)]) < Self.place(tree.pieces[Int($1)]) }
    }

    private static func folder(_ name: RawPath, in folder: Descriptor) throws(LinuxError) -> Descriptor {
        do throws(LinuxError) { try folder.makeDirectory(name, mode: 0o700) } catch {
            guard error.errno == EEXIST else { throw error }
        }
        return try folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: .beneath)
    }

    static func place(_ piece: TreePiece) -> UInt64 { UInt64(piece.pack) << 32 | UInt64(piece.offset) }

    /// How many bytes of files are here, and how many there are, without the holes that are known.
    package var progress: (local: Int64, total: Int64, isComplete: Bool) {
        local.hold { ($0.bytes, tree.stored - $0.holes, $0.missing == 0) }
    }

    // MARK: Reading

    /// Reads a part of a file into all of `buffer`; false if some of it has to be fetched first.
    package func read(_ file: Int, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer)
        throws(LinuxError) -> Bool
    {
        let range = offset..<offset + Int64(buffer.count)
        guard local.hold({ has(range, of: file, $0) }) else { return false }
        var filled = 0
        do throws(LinuxError) {
            let kept = try Descriptor.open("\(file)", O_RDONLY | O_NOFOLLOW, at: files.number)
            while filled < buffer.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                let count = try kept.read(into: rest, at: offset + Int64(filled))
                guard count > 0 else { break }
                filled += count
            }
        } catch {
            // Of one that is but a hole nothing is kept.
            guard error.errno == ENOENT else { throw error }
        }
        if let start = buffer.baseAddress { memset(start + filled, 0, buffer.count - filled) }
        return true
    }

    private func has(_ range: Range<Int64>, of file: Int, _ local: LocalPieces) -> Bool {
        tree.pieces(of: file, range).allSatisfy { piece in
            local.has(piece)
                || tree.nodes[file].depth > 0
                    && local.has(tree.range(of: piece).clamped(to: range), of: file)
        }
    }

    // MARK: Fetching

    /// Has a part of a file here when it returns.
    package func fetch(_ file: Int, _ range: Range<Int64>, while isWanted: () -> Bool) throws(LinuxError) {
        do throws(VolumeError) {
            for piece in tree.pieces(of: file, range) {
                try fill(piece, tree.range(of: piece).clamped(to: range), while: isWanted)
            }
        } catch {
            switch error.cause {
            case .cancelled: throw LinuxError("fetch", "file", errno: EINTR)
            case .system(let cause):
                report(error.description)
                throw cause
            default:
                report(error.description)
                throw LinuxError("fetch", "file", errno: EIO)
            }
        }
    }

    /// Has a part of a piece here, or the whole of it.
    func fill(_ piece: Int, _ range: Range<Int64>, while isWanted: () -> Bool) throws(VolumeError) {
        guard !local.hold({ $0.has(piece) }) else { return }
        let file = Int(tree.pieces[piece].file), whole = tree.range(of: piece)
        guard tree.nodes[file].depth > 0 else {
            guard let chunk = try chunk(of: piece) else { return }
            let place = Self.place(tree.pieces[piece])
            return try bring(chunk, to: whole, of: file, while: isWanted) { local, isNew in
                local.add(piece, whole.upperBound - whole.lowerBound)
                // What lies behind it will be wanted next.
                if isNew { local.cursor = position(behind: place) }
            }
        }
        try walk(piece, range, while: isWanted) { (span, chunk) throws(VolumeError) in
            guard let chunk else { return local.hold { $0.add(span, of: file, isHole: true) } }
            try bring(chunk, to: span, of: file, while: isWanted) { local, _ in
                local.add(span, of: file, isHole: false)
            }
        }
        local.change { if $0.has(whole, of: file) { $0.add(piece, 0) } }
    }

    func chunk(of piece: Int) throws(VolumeError) -> ChunkReference? {
        do throws(FormatFlaw) { return try tree.chunk(tree.pieces[piece]) } catch {
            throw VolumeError("read", "tree", .damaged(error.description))
        }
    }

    /// The first place in the order of packs behind another one.
    func position(behind place: UInt64) -> Int {
        var low = 0, high = order.count
        while low < high {
            let middle = (low + high) / 2
            if Self.place(tree.pieces[Int(order[middle])]) <= place {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Has a chunk at its place, once for all who want it.
    private func bring(
        _ chunk: ChunkReference,
        to range: Range<Int64>,
        of file: Int,
        while isWanted: () -> Bool,
        _ note: (inout LocalPieces, _ isNew: Bool) -> Void
    ) throws(VolumeError) {
        let stretch = LocalPieces.Stretch(file: file, start: range.lowerBound)
        while local.wait(for: Self.look, { $0.claim(stretch) ? true : nil }) == nil {
            guard isWanted(), !packs.isCancelled else {
                throw VolumeError("read", chunk.pack.description, .cancelled)
            }
        }
        defer { local.change { $0.release(stretch) } }
        let isThere = local.hold { has(range, of: file, $0) }
        guard !isThere else { return }
        let isOld = try keeping(file) { (kept) throws(LinuxError) in
            try Self.has(chunk, at: range.lowerBound, in: kept)
        }
        if !isOld { try keep(packs.read(chunk, while: isWanted), at: range.lowerBound, of: file) }
        local.change { note(&$0, !isOld) }
    }
}
