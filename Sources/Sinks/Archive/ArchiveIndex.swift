// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The index at the end of an archived object: a gzip member that inflates to nothing and has it in its header.
///
/// `docs/formats/archive.md` has it to the byte.
struct ArchiveIndex: Equatable {
    /// A gzip member with lines.
    struct Member: Equatable {
        /// Its bytes in the object.
        var packed: UInt32
        /// Its bytes when it is inflated.
        var plain: UInt32
        /// Lines in it.
        var lines: UInt32
        /// The sequence number of its first line or gap.
        var sequence: UInt64
        /// When the oldest and the newest of its lines were captured, nanoseconds since 1970.
        var oldest: UInt64
        var newest: UInt64
    }

    /// A gzip member's field is at most 65,535 bytes: so many members fit.
    static let maximumMembers = 1_600
    /// Enough for the index of an object of the usual size; what a reader asks for first.
    static let usualSize = 4_096
    /// What a member inflates to, at most: 256 KiB and one record.
    static let maximumPlain = 3 << 20
    private static let entrySize = 40
    private static let headSize = 16
    /// The header's fixed part, the field's head; the checksum and the size; an empty block, its checksum and length.
    private static let frame = (before: 16, sums: 8, after: 10)

    var members: [Member] = []

    init(_ members: [Member] = []) { self.members = members }

    /// Where a member begins.
    func offset(of index: Int) -> Int64 { members[..<index].reduce(0) { $0 + Int64($1.packed) } }

    // MARK: Writing

    var bytes: [UInt8] {
        let length = Self.headSize + members.count * Self.entrySize + Self.frame.sums
        let size = Self.frame.before + length + Self.frame.after
        var out: [UInt8] = []
        out.reserveCapacity(size)
        // RFC 1952, 2.3: FEXTRA alone, no time, no system.
        out += [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255]
        Self.put(UInt16(length + 4), &out)
        out += "ML".utf8
        Self.put(UInt16(length), &out)
        let start = out.count
        out += "MLIX".utf8
        Self.put(UInt16(1), &out)
        Self.put(UInt16(Self.entrySize), &out)
        Self.put(UInt32(members.count), &out)
        Self.put(UInt32(0), &out)
        for member in members {
            for word in [member.packed, member.plain, member.lines, 0] { Self.put(word, &out) }
            for word in [member.sequence, member.oldest, member.newest] { Self.put(word, &out) }
        }
        let sum = out[start...].withUnsafeBytes { martlet_crc32c(0, $0.baseAddress, $0.count) }
        Self.put(sum, &out)
        Self.put(UInt32(size), &out)
        // A last block with nothing in it, and the checksum and length of nothing.
        out += [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        return out
    }

    private static func put(_ value: some FixedWidthInteger, _ out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out += $0 }
    }

    // MARK: Reading

    /// How many bytes the index has, by the last ones of its object; nil if these are no index's.
    static func size(_ tail: [UInt8]) -> Int? {
        let end = tail.count - frame.after
        guard end >= 4, tail[end...].elementsEqual([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]) else { return nil }
        let size = Int(get(UInt32.self, tail, end - 4))
        let least = frame.before + headSize + frame.sums + frame.after
        return (least...least + maximumMembers * entrySize).contains(size) ? size : nil
    }

    /// Reads the index of an object of so many bytes; nil if it is damaged.
    init?(_ bytes: [UInt8], of objectSize: Int64) {
        guard Self.size(bytes) == bytes.count, bytes.starts(with: [0x1F, 0x8B, 8, 4]) else { return nil }
        let start = Self.frame.before, end = bytes.count - Self.frame.after - Self.frame.sums
        let sum = bytes[start..<end].withUnsafeBytes { martlet_crc32c(0, $0.baseAddress, $0.count) }
        guard sum == Self.get(UInt32.self, bytes, end), bytes[start..<start + 4].elementsEqual("MLIX".utf8),
            Self.get(UInt16.self, bytes, start + 4) == 1,
            Self.get(UInt16.self, bytes, start + 6) == Self.entrySize
        else { return nil }
        let count = Int(Self.get(UInt32.self, bytes, start + 8))
        guard end - start == Self.headSize + count * Self.entrySize else { return nil }
        for index in 0..<count {
            let place = start + Self.headSize + index * Self.entrySize
            members.append(
                Member(
                    packed: Self.get(UInt32.self, bytes, place),
                    plain: Self.get(UInt32.self, bytes, place + 4),
                    lines: Self.get(UInt32.self, bytes, place + 8),
                    sequence: Self.get(UInt64.self, bytes, place + 16),
                    oldest: Self.get(UInt64.self, bytes, place + 24),
                    newest: Self.get(UInt64.self, bytes, place + 32)
                )
            )
        }
        // What cannot be packed grows by a few bytes.
        guard members.allSatisfy({ $0.plain <= Self.maximumPlain && $0.packed <= Self.maximumPlain + 4_096 }),
            offset(of: count) == objectSize - Int64(bytes.count)
        else { return nil }
    }

    private static func get<Number: FixedWidthInteger>(_ type: Number.Type, _ bytes: [UInt8], _ place: Int)
        -> Number
    {
        bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
    }
}
