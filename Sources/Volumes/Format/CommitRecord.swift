// SPDX-License-Identifier: Apache-2.0

/// A version of a volume: one object of its log, written once and never changed.
///
/// `docs/formats/volume.md` has it to the byte.
package struct CommitRecord: Hashable, Sendable {
    /// What is said of a version.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// It begins an epoch, with the tree of its parent: from here on its owner alone appends.
        package static let fence = Flags(rawValue: 1)
        /// It ends one: its owner appends no more, and nobody has to wait.
        package static let released = Flags(rawValue: 2)
        /// Files went on changing while they were read: each is as it was at some instant, but not all at the same.
        package static let fuzzy = Flags(rawValue: 4)
        /// It begins a log with a version of another one, and says which.
        package static let origin = Flags(rawValue: 8)
        /// No other bit has a meaning.
        static let all: Flags = [.fence, .released, .fuzzy, .origin]
    }

    /// Who writes: 16 random bytes, of one agent with one state folder on one keeper, and the node's name for people.
    package struct Owner: Hashable, Sendable {
        /// A name has no more bytes.
        static let maximumNode = 255

        package let id: [UInt8]
        package let node: String

        package init(id: [UInt8], node: String) {
            self.id = id
            self.node = node
        }
    }

    /// Numbers for people.
    package struct Statistics: Hashable, Sendable {
        package init() {}

        /// Entries of the tree, and the bytes of their files.
        package var entries: UInt64 = 0
        package var bytes: UInt64 = 0
        /// What this commit stored: packs, and their bytes.
        package var packs: UInt64 = 0
        package var stored: UInt64 = 0
        /// How long nothing in the volume ran, in nanoseconds.
        package var pause: UInt64 = 0
    }

    /// A record is no larger.
    static let maximumSize = 65_536

    /// Its place in the log, from 1 on.
    package let sequence: UInt64
    /// The number of owners up to this one.
    package let epoch: UInt64
    package let owner: Owner
    /// The SHA-256 of the record before; `none` for the first.
    package let parent: ContentName
    /// Where the tree is; nil for a volume that has none yet.
    package let root: ChunkReference?
    package let flags: Flags
    /// When it was made by its owner's clock, nanoseconds since 1970; for people, nothing is decided by it.
    package let time: UInt64
    package let statistics: Statistics
    /// The version of another log that this one stood on: of a clone or a branch, in its first record.
    package let origin: Origin?
    /// 16 random bytes: no two attempts at a place in the log are equal unless they are one.
    package let nonce: [UInt8]

    /// As bytes.
    package func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("MLVC".utf8)
        writer.put(UInt16(1))
        writer.put(sequence)
        writer.put(epoch)
        writer.put(owner.id)
        writer.put(counted: owner.node.utf8)
        writer.put(parent)
        writer.put(flags.rawValue)
        writer.put(time)
        writer.put(nonce)
        for number in [
            statistics.entries, statistics.bytes, statistics.packs, statistics.stored, statistics.pause,
        ] {
            writer.put(varying: number)
        }
        writer.put(UInt8(root == nil ? 0 : 1))
        if let root {
            writer.put(root.name)
            writer.put(root.pack)
            for number in [root.offset, root.stored, root.size] { writer.put(UInt32(number)) }
        }
        if let origin { writer.put(origin) }
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    /// No log and no row of owners comes so far; what is said to have is forged.
    static let end: UInt64 = 1 << 62

    /// Reads one, which is to be at a place in the log.
    package init(_ bytes: [UInt8], at place: UInt64) throws(FormatFlaw) {
        guard bytes.count <= Self.maximumSize else {
            throw FormatFlaw("a record has \(bytes.count) bytes")
        }
        var reader = ByteReader(try ByteReader.checked(bytes, "a record"))
        try reader.expect("MLVC")
        let version = try reader.take(UInt16.self)
        guard version == 1 else {
            throw FormatFlaw("a record of version \(version) is for a newer agent: upgrade this one")
        }
        sequence = try reader.take(UInt64.self)
        epoch = try reader.take(UInt64.self)
        let id = Array(try reader.take(16))
        let node = try reader.takeCounted("name of a node", limit: Owner.maximumNode)
        guard let text = String(validating: node, as: UTF8.self),
            !node.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw FormatFlaw("a record's node has no name") }
        owner = Owner(id: id, node: text)
        parent = try reader.takeName()
        flags = Flags(rawValue: try reader.take(UInt8.self))
        time = try reader.take(UInt64.self)
        nonce = Array(try reader.take(16))
        var statistics = Statistics()
        statistics.entries = try reader.takeVarying("number of entries")
        statistics.bytes = try reader.takeVarying("number of bytes")
        statistics.packs = try reader.takeVarying("number of packs")
        statistics.stored = try reader.takeVarying("number of stored bytes")
        statistics.pause = try reader.takeVarying("pause")
        self.statistics = statistics
        let tag = try reader.take(UInt8.self)
        guard tag <= 1, Flags.all.isSuperset(of: flags) else {
            throw FormatFlaw("a record says what is not known here: upgrade this agent")
        }
        root =
            tag == 0
            ? nil
            : try ChunkReference(
                name: reader.takeName(),
                pack: reader.takePackName(),
                offset: Int(reader.take(UInt32.self)),
                stored: Int(reader.take(UInt32.self)),
                size: Int(reader.take(UInt32.self))
            )
        origin = flags.contains(.origin) ? try reader.takeOrigin() : nil
        try reader.expectEnd()
        guard sequence == place, (1..<Self.end).contains(sequence), (1..<Self.end).contains(epoch),
            (parent == .none) == (sequence == 1),
            origin == nil || sequence == 1
        else {
            throw FormatFlaw("record \(sequence) of epoch \(epoch) is not the one for place \(place)")
        }
    }

    /// Throws why this record cannot follow another one.
    package func check(after before: CommitRecord, named name: ContentName) throws(FormatFlaw) {
        guard parent == name else { throw FormatFlaw("it does not follow record \(before.sequence)") }
        guard flags.contains(.fence) else {
            guard epoch == before.epoch, owner.id == before.owner.id, !before.flags.contains(.released) else {
                throw FormatFlaw("whoever wrote it has no right to")
            }
            return
        }
        guard epoch == before.epoch + 1 else { throw FormatFlaw("its epoch does not follow") }
    }

    init(
        sequence: UInt64,
        epoch: UInt64,
        owner: Owner,
        parent: ContentName,
        root: ChunkReference?,
        flags: Flags,
        time: UInt64,
        statistics: Statistics,
        origin: Origin? = nil,
        nonce: [UInt8]
    ) {
        self.sequence = sequence
        self.epoch = epoch
        self.owner = owner
        self.parent = parent
        self.root = root
        self.flags = origin == nil ? flags : flags.union(.origin)
        self.time = time
        self.statistics = statistics
        self.origin = origin
        self.nonce = nonce
    }
}
