// SPDX-License-Identifier: Apache-2.0

extension CommitRecord {
    /// A version of another log.
    package struct Origin: Hashable, Sendable {
        /// A volume's names have no more bytes, the slash included.
        static let maximumVolume = 511

        /// The app and the volume that it is of, with a slash between them.
        package let volume: String
        /// Its place there.
        package let sequence: UInt64
        /// The SHA-256 of its record.
        package let name: ContentName

        /// A version of a log.
        package init(_ record: CommitRecord, of volume: String) throws(FormatFlaw) {
            self.init(
                volume: volume,
                sequence: record.sequence,
                name: try ContentName(of: record.encoded())
            )
        }

        init(volume: String, sequence: UInt64, name: ContentName) {
            self.volume = volume
            self.sequence = sequence
            self.name = name
        }
    }
}

extension ByteWriter {
    mutating func put(_ origin: CommitRecord.Origin) {
        put(counted: origin.volume.utf8)
        put(origin.sequence)
        put(origin.name)
    }
}

extension ByteReader {
    mutating func takeOrigin() throws(FormatFlaw) -> CommitRecord.Origin {
        let volume = try takeCounted("origin", limit: CommitRecord.Origin.maximumVolume)
        // What is no name of a volume cannot be looked up, and is told as it is.
        guard let text = String(validating: volume, as: UTF8.self),
            !volume.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw FormatFlaw("a record's origin has no name") }
        let sequence = try take(UInt64.self)
        guard sequence > 0 else { throw FormatFlaw("a record's origin is no version") }
        return CommitRecord.Origin(volume: text, sequence: sequence, name: try takeName())
    }
}
