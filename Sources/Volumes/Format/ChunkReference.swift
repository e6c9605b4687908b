// SPDX-License-Identifier: Apache-2.0

/// What a chunk is called, and where it is.
package struct ChunkReference: Hashable, Sendable {
    /// No chunk is larger, unpacked or packed.
    package static let maximumSize = ChunkCutter.maximum

    /// The SHA-256 of its bytes.
    package let name: ContentName
    /// The pack that has it.
    package let pack: PackName
    /// Where it begins in the pack.
    package let offset: Int
    /// Its bytes in the pack: as many as it has, or fewer, which are a frame of zstd (RFC 8878).
    package let stored: Int
    /// Its bytes.
    package let size: Int

    /// Throws what no pack can hold.
    package init(name: ContentName, pack: PackName, offset: Int, stored: Int, size: Int) throws(FormatFlaw) {
        guard size > 0, size <= Self.maximumSize, stored > 0, stored <= size, offset >= 0,
            offset <= PackIndex.maximumSize - stored
        else {
            throw FormatFlaw("a chunk of \(size) bytes, \(stored) of them stored at \(offset), cannot be")
        }
        self.name = name
        self.pack = pack
        self.offset = offset
        self.stored = stored
        self.size = size
    }
}

/// The packs that a page names, each once.
struct PackTable {
    /// A page names no more.
    static let limit = 65_536

    private(set) var names: [PackName] = []
    private var places: [PackName: Int] = [:]

    mutating func place(of name: PackName) -> Int {
        if let place = places[name] { return place }
        places[name] = names.count
        names.append(name)
        return names.count - 1
    }
}

extension ByteWriter {
    mutating func put(_ chunk: ChunkReference, _ packs: inout PackTable) {
        put(chunk.name)
        put(varying: packs.place(of: chunk.pack))
        put(varying: chunk.offset)
        put(varying: chunk.stored)
        put(varying: chunk.size)
    }

    mutating func put(_ packs: PackTable) {
        put(varying: packs.names.count)
        for name in packs.names { put(name) }
    }
}

extension ByteReader {
    mutating func takePacks() throws(FormatFlaw) -> [PackName] {
        let count = try takeCount("number of packs", limit: min(PackTable.limit, rest / PackName.size))
        var names: [PackName] = []
        for _ in 0..<count { names.append(try takePackName()) }
        return names
    }

    mutating func takeChunk(_ packs: [PackName]) throws(FormatFlaw) -> ChunkReference {
        let name = try takeName()
        let place = try takeCount("pack", limit: PackTable.limit)
        guard place < packs.count else { throw FormatFlaw("a chunk is in pack \(place) of \(packs.count)") }
        return try ChunkReference(
            name: name,
            pack: packs[place],
            offset: takeCount("chunk's place", limit: PackIndex.maximumSize),
            stored: takeCount("chunk's stored size", limit: ChunkReference.maximumSize),
            size: takeCount("chunk's size", limit: ChunkReference.maximumSize)
        )
    }
}
