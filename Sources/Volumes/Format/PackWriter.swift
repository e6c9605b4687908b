// SPDX-License-Identifier: Apache-2.0

/// A pack in the making.
struct PackWriter {
    /// Where its chunks will be found.
    private(set) var chunks: [ContentName: ChunkReference] = [:]
    private var bytes: [UInt8]
    private var index: PackIndex

    /// An empty one, whose bytes go where there is room for them already, if that is given.
    init(name: PackName, room: [UInt8] = []) {
        index = PackIndex(pack: name)
        bytes = room
    }

    /// What it will be called.
    var name: PackName { index.pack }

    /// Whether nothing is in it.
    var isEmpty: Bool { index.entries.isEmpty }

    /// Whether it is worth a request of its own.
    var isHalfFull: Bool { bytes.count >= PackIndex.fullSize / 2 }

    /// Whether it has enough.
    var isFull: Bool {
        bytes.count >= PackIndex.fullSize || index.entries.count >= PackIndex.maximumEntries / 2
    }

    /// Puts a chunk in, unless it is there: what it is called, how many bytes it has, and what is stored for them.
    mutating func add(
        _ name: ContentName,
        size: Int,
        stored: UnsafeRawBufferPointer,
        _ role: PackIndex.Role
    ) throws(FormatFlaw) -> ChunkReference {
        if let known = chunks[name] { return known }
        let reference = try ChunkReference(
            name: name,
            pack: index.pack,
            offset: bytes.count,
            stored: stored.count,
            size: size
        )
        // Grown little by little it would be copied as often, and have twice the room in the end.
        if bytes.isEmpty { bytes.reserveCapacity(PackIndex.fullSize + ChunkReference.maximumSize) }
        bytes += stored
        index.entries.append(PackIndex.Entry(name: name, stored: stored.count, size: size, role: role))
        chunks[name] = reference
        return reference
    }

    /// The whole pack.
    consuming func finished() throws(FormatFlaw) -> [UInt8] {
        bytes += try index.encoded()
        guard bytes.count <= PackIndex.maximumSize else {
            throw FormatFlaw("a pack of \(bytes.count) bytes is too large")
        }
        return bytes
    }
}
