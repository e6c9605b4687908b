// SPDX-License-Identifier: Apache-2.0

/// What is to be deleted from a store, as of one sweep: a whole account, which takes the place of the one before.
struct LedgerEntry: Equatable, Sendable {
    /// A version that is not kept any more.
    struct Version: Hashable, Sendable {
        /// The app and the volume, with a slash between them.
        let volume: String
        let sequence: UInt64
    }

    /// One has no more versions, and no more packs.
    static let maximumCount = 100_000
    /// A sweep leaves room for what committers give up by themselves.
    static let spare = 1_024
    static let maximumSize = 64 << 20

    /// Its place in the ledger, from 1 on.
    let sequence: UInt64
    /// When it was made, nanoseconds since 1970.
    let time: UInt64
    /// 16 random bytes: no two entries are alike.
    let nonce: [UInt8]
    /// Versions that were given up and have a record still, since when.
    let expired: [Version: UInt64]
    /// Packs that no kept version has, since when.
    let marked: [PackName: UInt64]

    init(
        sequence: UInt64,
        time: UInt64,
        nonce: [UInt8],
        expired: [Version: UInt64],
        marked: [PackName: UInt64]
    ) {
        self.sequence = sequence
        self.time = time
        self.nonce = nonce
        self.expired = expired
        self.marked = marked
    }

    func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("MLGC".utf8)
        writer.put(UInt16(1))
        writer.put(sequence)
        writer.put(time)
        writer.put(nonce)
        writer.put(varying: expired.count)
        for (version, since) in expired.sorted(by: {
            ($0.key.volume, $0.key.sequence) < ($1.key.volume, $1.key.sequence)
        }) {
            writer.put(counted: version.volume.utf8)
            writer.put(version.sequence)
            writer.put(since)
        }
        writer.put(varying: marked.count)
        for (pack, since) in marked.sorted(by: { $0.key < $1.key }) {
            writer.put(pack)
            writer.put(since)
        }
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    init(_ bytes: [UInt8], at place: UInt64) throws(FormatFlaw) {
        var reader = ByteReader(try ByteReader.checked(bytes, "an entry of the ledger"))
        try reader.expect("MLGC")
        guard try reader.take(UInt16.self) == 1 else {
            throw FormatFlaw("an entry of the ledger is for a newer agent: upgrade this one")
        }
        sequence = try reader.take(UInt64.self)
        guard sequence == place, (1..<CommitRecord.end).contains(sequence) else {
            throw FormatFlaw("entry \(sequence) of the ledger is not the one for place \(place)")
        }
        time = try reader.take(UInt64.self)
        nonce = Array(try reader.take(16))
        var expired: [Version: UInt64] = [:], marked: [PackName: UInt64] = [:]
        for _ in 0..<(try reader.takeCount("number of versions", limit: Self.maximumCount)) {
            let volume = try reader.takeCounted("volume", limit: CommitRecord.Origin.maximumVolume)
            guard let text = String(validating: volume, as: UTF8.self) else {
                throw FormatFlaw("a volume of the ledger has no name")
            }
            let version = Version(volume: text, sequence: try reader.take(UInt64.self))
            expired[version] = try reader.take(UInt64.self)
        }
        for _ in 0..<(try reader.takeCount("number of packs", limit: Self.maximumCount)) {
            let pack = try reader.takePackName()
            marked[pack] = try reader.take(UInt64.self)
        }
        try reader.expectEnd()
        self.expired = expired
        self.marked = marked
    }
}
