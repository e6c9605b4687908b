// SPDX-License-Identifier: Apache-2.0
internal import CZstd

/// A chunk as packs have it.
package enum PackedChunk {
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
