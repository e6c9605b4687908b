// SPDX-License-Identifier: Apache-2.0

/// The end of a pack: what it is called, and what chunks it has.
///
/// A pack is its chunks, one behind the other from its beginning, then this. Trees know where their chunks are; the
/// index is for who looks a pack through.
struct PackIndex: Equatable {
    /// What a chunk is for.
    enum Role: UInt8 {
        case data = 0
        case list, page, root
    }

    /// A chunk of the pack.
    struct Entry: Equatable {
        var name: ContentName
        var stored: Int
        var size: Int
        var role: Role
    }

    /// A pack is closed once its chunks have so many bytes.
    static let fullSize = 8 << 20
    /// It has no more, index and all.
    static let maximumSize = 16 << 20
    /// Nor more chunks: a pack of tiny files is full of them.
    static let maximumEntries = 65_536
    /// Magic, the pack's name, the number of entries, the index' bytes, its SHA-256: a reader begins with these.
    static let tailSize = 4 + PackName.size + 4 + 4 + ContentName.size
    private static let entrySize = ContentName.size + 4 + 4 + 1

    let pack: PackName
    var entries: [Entry] = []

    init(pack: PackName, entries: [Entry] = []) {
        self.pack = pack
        self.entries = entries
    }

    /// How many bytes the chunks have.
    var dataSize: Int { entries.reduce(0) { $0 + $1.stored } }

    /// How many bytes an index of so many chunks has.
    static func size(entries: Int) -> Int { entries * entrySize + tailSize }

    /// The index as the end of a pack.
    func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        for entry in entries {
            writer.put(entry.name)
            writer.put(UInt32(entry.stored))
            writer.put(UInt32(entry.size))
            writer.put(entry.role.rawValue)
        }
        writer.put("MLPI".utf8)
        writer.put(pack)
        writer.put(UInt32(entries.count))
        writer.put(UInt32(Self.size(entries: entries.count)))
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    /// How many bytes the index has, by the last `tailSize` bytes of its pack.
    static func size(tail: [UInt8]) throws(FormatFlaw) -> Int {
        var reader = ByteReader(tail)
        try reader.expect("MLPI")
        _ = try reader.takePackName()
        let count = Int(try reader.take(UInt32.self)), bytes = Int(try reader.take(UInt32.self))
        guard count <= maximumEntries, bytes == size(entries: count) else {
            throw FormatFlaw("an index of \(count) chunks has not \(bytes) bytes")
        }
        return bytes
    }

    /// Reads the index of a pack of so many bytes.
    init(_ bytes: [UInt8], packSize: Int64) throws(FormatFlaw) {
        guard bytes.count >= Self.tailSize else { throw FormatFlaw("an index has \(bytes.count) bytes") }
        guard try Self.size(tail: Array(bytes.suffix(Self.tailSize))) == bytes.count else {
            throw FormatFlaw("an index has not the bytes that it says")
        }
        let body = Array(bytes.dropLast(ContentName.size))
        var check = ByteReader(Array(bytes.suffix(ContentName.size)))
        guard try check.takeName() == ContentName(of: body) else {
            throw FormatFlaw("an index is not what its hash says")
        }
        var reader = ByteReader(body)
        var entries: [Entry] = []
        while reader.rest > Self.tailSize - ContentName.size {
            let name = try reader.takeName()
            let stored = Int(try reader.take(UInt32.self)), size = Int(try reader.take(UInt32.self))
            let tag = try reader.take(UInt8.self)
            guard let role = Role(rawValue: tag), (1...ChunkReference.maximumSize).contains(size),
                (1...size).contains(stored)
            else {
                throw FormatFlaw("a chunk of kind \(tag) with \(size) bytes, \(stored) stored, cannot be")
            }
            entries.append(Entry(name: name, stored: stored, size: size, role: role))
        }
        try reader.expect("MLPI")
        self.init(pack: try reader.takePackName(), entries: entries)
        guard Int64(dataSize + bytes.count) == packSize, packSize <= Self.maximumSize else {
            throw FormatFlaw("the chunks of an index are not the \(packSize) bytes of its pack")
        }
    }
}
