// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Transfer

/// Puts chunks into packs and sends these, each chunk once; from many threads at a time, each of which hashes and
/// compresses what it brings.
final class ChunkWriter: Sendable {
    private struct Pack {
        let name: PackName
        let bytes: [UInt8]
    }

    private struct State {
        /// What the store has; never changed, for another one has it too and it would be copied.
        var known: [ContentName: ChunkReference]
        /// What it will have besides.
        var added: [ContentName: ChunkReference] = [:]
        var pack: PackWriter
        var random: any RandomNumberGenerator & Sendable
        /// Those that nobody uses now.
        var packers: [ChunkPacker] = []

        init(
            known: [ContentName: ChunkReference],
            random: any RandomNumberGenerator & Sendable
        ) {
            self.known = known
            self.random = random
            pack = PackWriter(name: Self.draw(&self.random))
        }

        func chunk(_ name: ContentName) -> ChunkReference? { known[name] ?? added[name] }

        /// The pack that was being filled, with another one in its place.
        mutating func closePack(room: [UInt8]) throws(FormatFlaw) -> Pack {
            // Never a second owner: its bytes would be copied.
            var full = PackWriter(name: Self.draw(&random), room: room)
            swap(&full, &pack)
            return Pack(name: full.name, bytes: try full.finished())
        }

        private static func draw(_ random: inout any RandomNumberGenerator & Sendable) -> PackName {
            func open(_ random: inout some RandomNumberGenerator) -> PackName { PackName(using: &random) }
            return open(&random)
        }
    }

    private let upload: PackUpload
    private let state: Monitor<State>

    /// - Parameters:
    ///   - store: Where they go.
    ///   - known: Chunks that the store has.
    ///   - random: Draws the names of packs.
    ///   - scope: Ends it early.
    init(
        to store: any ObjectStore,
        known: [ContentName: ChunkReference],
        random: any RandomNumberGenerator & Sendable,
        in scope: TransferScope
    ) {
        upload = PackUpload(to: store, in: scope)
        state = Monitor(State(known: known, random: random))
    }

    /// Gives what the store has by now besides what was known, and forgets all of it: to be called last.
    func takeAdded() -> [ContentName: ChunkReference] {
        state.hold { state in
            defer { (state.known, state.added) = ([:], [:]) }
            return state.added
        }
    }

    /// Whether the store has not all of it, and `finish` is going to say so.
    var hasFailed: Bool { upload.hasFailed }

    /// Stores bytes, unless the store has them.
    func add(_ content: UnsafeRawBufferPointer, _ role: PackIndex.Role) throws(VolumeError) -> ChunkReference
    {
        guard !upload.isCalledOff else { throw VolumeError("store", "chunks", .cancelled) }
        let reference: ChunkReference, full: Pack?
        do throws(FormatFlaw) {
            let name = try ContentName(of: content)
            let (known, spare) = state.hold { state in
                let known = state.chunk(name)
                return (known, known == nil ? state.packers.popLast() : nil)
            }
            if let known { return known }
            let packer = spare ?? ChunkPacker(), stored = packer.pack(content)
            (reference, full) = try state.hold { state throws(FormatFlaw) -> (ChunkReference, Pack?) in
                defer { state.packers.append(packer) }
                // Another thread may have brought the same meanwhile.
                if let reference = state.chunk(name) { return (reference, nil) }
                let reference = try state.pack.add(name, size: content.count, stored: stored, role)
                state.added[name] = reference
                return (reference, try state.pack.isFull ? state.closePack(room: upload.room()) : nil)
            }
        } catch {
            throw VolumeError("store", "chunks", .refused(error.description))
        }
        if let full { try upload.send(full.bytes, named: full.name) }
        return reference
    }

    /// Stores bytes, unless the store has them.
    func add(_ content: [UInt8], _ role: PackIndex.Role) throws(VolumeError) -> ChunkReference {
        try content.withUnsafeBufferPointer { bytes throws(VolumeError) in
            try add(UnsafeRawBufferPointer(bytes), role)
        }
    }

    /// What a file holds, with lists where it has many pieces.
    func content(size: Int64, _ pieces: [FileContent.Piece]) throws(VolumeError) -> FileContent {
        var pieces = pieces, depth = 0
        while pieces.count > FileContent.directPieces {
            var lists: [FileContent.Piece] = []
            for list in FileContent.lists(pieces) {
                let span = list.reduce(0) { $0 + $1.span }
                let chunk = try add(FileContent.encode(list), .list)
                lists.append(FileContent.Piece(span: span, chunk: chunk))
            }
            pieces = lists
            depth += 1
        }
        do throws(FormatFlaw) { return try FileContent(size: size, depth: depth, pieces: pieces) } catch {
            throw VolumeError("store", "file of \(size) bytes", .refused(error.description))
        }
    }

    /// Sends what is half a pack or more, and waits until two packs can be brought without a wait for the store.
    func makeRoom() throws(VolumeError) {
        let half: Pack?
        do throws(FormatFlaw) {
            half = try state.hold { state throws(FormatFlaw) -> Pack? in
                try state.pack.isHalfFull ? state.closePack(room: upload.room()) : nil
            }
        } catch {
            throw VolumeError("store", "chunks", .refused(error.description))
        }
        if let half { try upload.send(half.bytes, named: half.name) }
        upload.makeRoom()
    }

    /// Sends what is left, and waits until the store has everything.
    func finish() throws(VolumeError) -> (packs: Int, bytes: Int) {
        let rest: Pack?
        do throws(FormatFlaw) {
            rest = try state.hold { state throws(FormatFlaw) -> Pack? in
                try state.pack.isEmpty ? nil : state.closePack(room: [])
            }
        } catch {
            throw VolumeError("store", "chunks", .refused(error.description))
        }
        if let rest { try upload.send(rest.bytes, named: rest.name) }
        return try upload.finish()
    }
}
