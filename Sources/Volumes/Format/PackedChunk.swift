// SPDX-License-Identifier: Apache-2.0
internal import CZstd

/// A chunk as packs have it.
package struct PackedChunk {
    /// The fastest level but the negative ones.
    private static let level: Int32 = 1

    /// The SHA-256 of what it was.
    let name: ContentName
    /// The bytes that it was.
    let size: Int
    /// A frame of zstd, or, where that saves less than a sixteenth, the bytes themselves.
    let stored: [UInt8]

    /// Packs bytes whose name is known.
    init(_ content: UnsafeRawBufferPointer, name: ContentName) {
        self.name = name
        size = content.count
        let limit = content.count - max(content.count / 16, 1)
        let frame = [UInt8](unsafeUninitializedCapacity: limit) { space, count in
            let result = ZSTD_compress(
                space.baseAddress,
                limit,
                content.baseAddress,
                content.count,
                Self.level
            )
            // An error, for one that there is not the space.
            count = ZSTD_isError(result) != 0 ? 0 : result
        }
        stored = frame.isEmpty ? Array(content) : frame
    }

    /// Packs bytes.
    init(_ content: [UInt8]) throws(FormatFlaw) {
        let name = try ContentName(of: content)
        self = content.withUnsafeBytes { PackedChunk($0, name: name) }
    }

    /// What was stored for a chunk as it was, or throws that it is not that.
    package static func unpack(_ stored: ArraySlice<UInt8>, _ chunk: ChunkReference) throws(FormatFlaw)
        -> [UInt8]
    {
        guard stored.count == chunk.stored else {
            throw FormatFlaw("of the chunk \(chunk.name) are \(stored.count) bytes, not \(chunk.stored)")
        }
        let content = chunk.stored == chunk.size ? Array(stored) : try inflate(stored, chunk)
        guard try ContentName(of: content) == chunk.name else {
            throw FormatFlaw("the chunk \(chunk.name) is not what its name says")
        }
        return content
    }

    private static func inflate(_ stored: ArraySlice<UInt8>, _ chunk: ChunkReference) throws(FormatFlaw)
        -> [UInt8]
    {
        var failure: String?
        let content = [UInt8](unsafeUninitializedCapacity: chunk.size) { space, count in
            let result = stored.withUnsafeBytes {
                ZSTD_decompress(space.baseAddress, space.count, $0.baseAddress, $0.count)
            }
            guard ZSTD_isError(result) == 0 else {
                failure = String(cString: ZSTD_getErrorName(result))
                return
            }
            count = result
        }
        if let failure { throw FormatFlaw("the chunk \(chunk.name) is no frame of zstd: \(failure)") }
        guard content.count == chunk.size else {
            throw FormatFlaw("the chunk \(chunk.name) has \(content.count) bytes, not \(chunk.size)")
        }
        return content
    }
}
