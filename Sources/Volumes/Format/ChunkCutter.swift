// SPDX-License-Identifier: Apache-2.0

/// Where a file is cut into chunks: by what it holds, so that a byte put in moves no cut but the next ones.
///
/// FastCDC (Xia et al., USENIX ATC 2016) with normalized chunking: a gear hash runs over the bytes, and a cut is where
/// bits of it are zero, more of them before the average size is reached than after it. The table and the masks are part
/// of the format: other ones cut elsewhere, and nothing would be found again.
struct ChunkCutter {
    /// Nothing smaller, but a file's end.
    static let minimum = 256 << 10
    /// What most are about as large as.
    static let average = 1 << 20
    /// Nothing larger.
    static let maximum = 4 << 20
    /// A stretch of data without holes up to this size is one chunk.
    static let whole = 1 << 20

    // The highest bits: they know the last 64 bytes, the lowest one byte only. 22 and 18 of them, two more and two less
    // than the average has.
    private static let strict: UInt64 = 0xFFFF_FC00_0000_0000
    private static let loose: UInt64 = 0xFFFF_C000_0000_0000

    /// 256 numbers of SplitMix64, seeded with the text `martlet1`.
    private static let gear: [UInt64] = {
        var state: UInt64 = 0x6D61_7274_6C65_7431
        return (0..<256).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }()

    /// How many of these bytes the first chunk has.
    ///
    /// `bytes` are the rest of a file, or the maximum of it and more.
    static func length(of bytes: UnsafeRawBufferPointer) -> Int {
        let end = min(bytes.count, maximum)
        guard end > minimum else { return end }
        return gear.withUnsafeBufferPointer { gear in
            var hash: UInt64 = 0
            // A hash has forgotten what is 64 bytes back.
            var place = minimum - 64
            while place < minimum {
                hash = (hash << 1) &+ gear[Int(bytes[place])]
                place += 1
            }
            let turn = min(average, end)
            while place < turn {
                hash = (hash << 1) &+ gear[Int(bytes[place])]
                place += 1
                if hash & strict == 0 { return place }
            }
            while place < end {
                hash = (hash << 1) &+ gear[Int(bytes[place])]
                place += 1
                if hash & loose == 0 { return place }
            }
            return end
        }
    }
}
