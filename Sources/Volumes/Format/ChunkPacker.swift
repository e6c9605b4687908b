// SPDX-License-Identifier: Apache-2.0
internal import CZstd

/// Makes chunks what packs have of them, one at a time; what that takes of memory is kept from one to the next.
final class ChunkPacker {
    /// The fastest level but the negative ones.
    private static let level: Int32 = 1

    private let context = ZSTD_createCCtx()
    private var space = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    deinit {
        ZSTD_freeCCtx(context)
        space.deallocate()
    }

    /// A frame of zstd, or, where that saves less than a sixteenth, the bytes themselves: there until the next call.
    func pack(_ content: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let limit = content.count - max(content.count / 16, 1)
        if space.count < limit {
            space.deallocate()
            space = .allocate(byteCount: limit, alignment: 16)
        }
        // An error, for one that there is not the space.
        let count = ZSTD_compressCCtx(
            context,
            space.baseAddress,
            limit,
            content.baseAddress,
            content.count,
            Self.level
        )
        guard ZSTD_isError(count) == 0 else { return content }
        return UnsafeRawBufferPointer(rebasing: space[..<count])
    }
}
