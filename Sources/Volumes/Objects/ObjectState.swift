// SPDX-License-Identifier: Apache-2.0
internal import Objects

/// What a folder and its objects had in common when they were compared last: who has changed since, it tells.
package struct ObjectState: Equatable, Sendable {
    /// A file and its object.
    struct Known: Equatable, Sendable {
        /// What the file is known by; nil if it may have changed in the same instant.
        var mark: FileMark?
        /// The SHA-256 of its bytes.
        var hash: ContentName
        /// What the store called the object.
        var tag: EntityTag
    }

    /// No volume has more files.
    package static let mostFiles = 1_000_000
    /// So many bytes at most are read of one that was kept.
    package static let maximumBytes = 1 << 30
    private static let maximumTag = 1_024

    var files: [TreePath: Known] = [:]

    /// Nothing is known.
    package init() {}

    /// Whether nothing is known.
    package var isEmpty: Bool { files.isEmpty }

    /// As bytes, for the node to keep beside the folder.
    ///
    /// `MLOB`, version (`u16`, 1), a varint number of files, of each in the order of the paths: `counted` path, 32 bytes
    /// of hash, `counted` tag, 1 and the mark (varint size, zigzag seconds, varint nanoseconds, `u64` inode) or 0; then the
    /// SHA-256 of all before.
    package func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("MLOB".utf8)
        writer.put(UInt16(1))
        writer.put(varying: files.count)
        for (path, known) in files.sorted(by: { $0.key < $1.key }) {
            writer.put(counted: path.bytes)
            writer.put(known.hash)
            writer.put(counted: known.tag.text.utf8)
            writer.put(UInt8(known.mark == nil ? 0 : 1))
            guard let mark = known.mark else { continue }
            writer.put(varying: UInt64(clamping: mark.size))
            writer.put(signed: mark.seconds)
            writer.put(varying: UInt64(clamping: mark.nanoseconds))
            writer.put(mark.inode)
        }
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    /// Reads what was kept.
    package init(_ bytes: [UInt8]) throws(FormatFlaw) {
        var reader = ByteReader(try ByteReader.checked(bytes, "what is known of objects"))
        try reader.expect("MLOB")
        guard try reader.take(UInt16.self) == 1 else { throw FormatFlaw("is of another agent") }
        for _ in 0..<(try reader.takeCount("number of files", limit: Self.mostFiles)) {
            let path = try TreePath(bytes: reader.takeCounted("path", limit: TreePath.maximumBytes))
            let hash = try reader.takeName()
            let tag = try reader.takeCounted("tag", limit: Self.maximumTag)
            var mark: FileMark?
            if try reader.take(UInt8.self) == 1 {
                mark = FileMark(
                    size: Int64(try reader.takeVarying("size", limit: UInt64(Int64.max))),
                    seconds: try reader.takeSigned("time"),
                    nanoseconds: try reader.takeCount("nanoseconds", limit: 999_999_999),
                    inode: try reader.take(UInt64.self)
                )
            }
            files[path] = Known(
                mark: mark,
                hash: hash,
                tag: EntityTag(String(decoding: tag, as: UTF8.self))
            )
        }
        try reader.expectEnd()
    }
}
