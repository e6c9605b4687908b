// SPDX-License-Identifier: Apache-2.0

/// A version that has a name of its own, and is kept for as long as it has.
package struct VolumeSnapshot: Hashable, Sendable {
    /// The bytes of one; it is no larger.
    static let maximumSize = 256

    /// What it is called: up to 64 letters, digits, dots, dashes and underscores, of which the first is a letter or digit.
    package let name: String
    /// The version.
    package let sequence: UInt64
    /// The SHA-256 of its record.
    package let record: ContentName
    /// When it got the name, nanoseconds since 1970.
    package let time: UInt64

    init(name: String, of record: CommitRecord, time: UInt64) throws(FormatFlaw) {
        guard Self.isName(name) else {
            throw FormatFlaw("\(name.prefix(64)) is no name: take letters, digits, dots, dashes")
        }
        self.name = name
        sequence = record.sequence
        self.record = try ContentName(of: record.encoded())
        self.time = time
    }

    static func isName(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte
        }
        let bytes = text.utf8
        return bytes.count <= 64 && bytes.first.map(isPlain) == true
            && bytes.allSatisfy { isPlain($0) || "._-".utf8.contains($0) }
    }

    func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("MLVS".utf8)
        writer.put(UInt16(1))
        writer.put(sequence)
        writer.put(record)
        writer.put(time)
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    init(_ bytes: [UInt8], named name: String) throws(FormatFlaw) {
        var reader = ByteReader(try ByteReader.checked(bytes, "a snapshot"))
        try reader.expect("MLVS")
        guard try reader.take(UInt16.self) == 1 else {
            throw FormatFlaw("a snapshot of a newer agent: upgrade this one")
        }
        self.name = name
        sequence = try reader.take(UInt64.self)
        record = try reader.takeName()
        time = try reader.take(UInt64.self)
        try reader.expectEnd()
    }
}

extension ByteReader {
    /// What is before the SHA-256 that an object ends with.
    static func checked(_ bytes: [UInt8], _ what: String) throws(FormatFlaw) -> [UInt8] {
        guard bytes.count > ContentName.size else { throw FormatFlaw("\(what) has \(bytes.count) bytes") }
        let body = Array(bytes.dropLast(ContentName.size))
        var check = ByteReader(Array(bytes.suffix(ContentName.size)))
        guard try check.takeName() == ContentName(of: body) else {
            throw FormatFlaw("\(what) is not what its hash says")
        }
        return body
    }
}
