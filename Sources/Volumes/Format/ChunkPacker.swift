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
        if Self.looksRandom(content) { return content }
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

    /// Whether there is nothing to be saved, by a sample: what is encrypted or compressed already has each byte as often as
    /// every other one.
    ///
    /// Of 1,024 bytes that are drawn evenly two are alike some 2,046 times, give or take 45; of text, programs or Base64
    /// that is twice as much and more. What such bytes have in common over a long way is not seen.
    static func looksRandom(_ content: UnsafeRawBufferPointer) -> Bool {
        let runs = 16, run = 64
        guard content.count >= 4 * runs * run else { return false }
        let stride = (content.count - run) / (runs - 1)
        var pairs = 0
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { counts in
            counts.initialize(repeating: 0)
            for index in 0..<runs {
                for byte in content[index * stride..<index * stride + run] {
                    pairs += Int(counts[Int(byte)])
                    counts[Int(byte)] += 1
                }
            }
        }
        return pairs < 2_300
    }
}
