// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Transfer

/// Puts chunks into packs and sends these, each chunk once.
struct ChunkWriter {
    private let upload: PackUpload
    /// What the store has, and what it will have once this is finished.
    private(set) var known: [ContentName: ChunkReference]
    private var pack: PackWriter
    private var name: PackName
    private var random: any RandomNumberGenerator & Sendable

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
        self.known = known
        self.random = random
        name = Self.draw(&self.random)
        pack = PackWriter(name: name)
    }

    /// Whether the store has not all of it, and `finish` is going to say so.
    var hasFailed: Bool { upload.hasFailed }

    private static func draw(_ random: inout any RandomNumberGenerator & Sendable) -> PackName {
        func open(_ random: inout some RandomNumberGenerator) -> PackName { PackName(using: &random) }
        return open(&random)
    }

    /// Stores bytes, unless the store has them.
    mutating func add(_ content: UnsafeRawBufferPointer, _ role: PackIndex.Role) throws(VolumeError)
        -> ChunkReference
    {
        guard !upload.isCalledOff else { throw VolumeError("store", name.description, .cancelled) }
        let reference: ChunkReference
        do throws(FormatFlaw) {
            let chunk = try ContentName(of: content)
            if let reference = known[chunk] { return reference }
            reference = try pack.add(PackedChunk(content, name: chunk), role)
        } catch {
            throw VolumeError("store", name.description, .refused(error.description))
        }
        known[reference.name] = reference
        if pack.isFull { try close() }
        return reference
    }

    /// Stores bytes, unless the store has them.
    mutating func add(_ content: [UInt8], _ role: PackIndex.Role) throws(VolumeError) -> ChunkReference {
        var result: Result<ChunkReference, VolumeError>?
        content.withUnsafeBytes { bytes in
            do throws(VolumeError) { result = .success(try add(bytes, role)) } catch {
                result = .failure(error)
            }
        }
        guard let result else { throw VolumeError("store", name.description, .refused("there are no bytes")) }
        return try result.get()
    }

    /// What a file holds, with lists where it has many pieces.
    mutating func content(size: Int64, _ pieces: [FileContent.Piece]) throws(VolumeError) -> FileContent {
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

    /// Sends what is left, and waits until the store has everything.
    mutating func finish() throws(VolumeError) -> (packs: Int, bytes: Int) {
        if !pack.isEmpty { try close() }
        return try upload.finish()
    }

    private mutating func close() throws(VolumeError) {
        let full = pack, named = name
        name = Self.draw(&random)
        pack = PackWriter(name: name)
        let bytes: [UInt8]
        do throws(FormatFlaw) { bytes = try full.finished() } catch {
            throw VolumeError("store", named.description, .refused(error.description))
        }
        try upload.send(bytes, named: named)
    }
}
