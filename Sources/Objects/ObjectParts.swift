// SPDX-License-Identifier: Apache-2.0

/// A large object as parts that go over several connections at once.
///
/// Every store takes a thousand parts, and some (Swift's S3 API) no more; so parts grow with the object.
struct ObjectParts {
    /// What fits into one part is no object in parts.
    static let smallest: Int64 = 16 << 20
    private static let most: Int64 = 1_000
    /// The largest part that S3 takes.
    private static let largest: Int64 = 5 << 30
    /// So many bytes are asked for at once at the most: what breaks off is asked for again from its begin.
    private static let longest: Int64 = 64 << 20
    /// So many are on their way at once.
    private static let together = 4

    /// Bytes of the whole object.
    let size: Int64
    /// Bytes of each part but the last.
    let length: Int64

    /// The parts of an object; nil if it is larger than any store takes, 4.88 TiB.
    init?(size: Int64) {
        let step: Int64 = 1 << 20
        let needed = (size / Self.most + step) / step * step
        guard needed <= Self.largest else { return nil }
        self.size = size
        length = max(Self.smallest, needed)
    }

    /// How many there are; an empty object has one.
    var count: Int { max(1, Int((size + length - 1) / length)) }

    /// Which bytes a part has; the first is number 1, as S3 counts.
    func range(_ number: Int) -> Range<Int64> {
        let start = Int64(number - 1) * length
        return start..<min(start + length, size)
    }

    /// Bytes that are read, in as few requests as keep all connections at work: each costs the store a look at the
    /// object, which some read whole for it.
    static func ranges(_ bytes: Range<Int64>) -> [Range<Int64>] {
        let share = (Int64(bytes.count) + Int64(together) - 1) / Int64(together)
        let length = min(max(share, smallest), longest)
        return stride(from: bytes.lowerBound, to: bytes.upperBound, by: Int(length)).map {
            $0..<min($0 + length, bytes.upperBound)
        }
    }

    /// Does something with each of some parts, several at once.
    static func each(
        _ numbers: [Int],
        _ call: StoreCall,
        _ body: @escaping @Sendable (Int) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        try Together.each(numbers, most: together) { number throws(ObjectError) in
            try call.check()
            try body(number)
        }
    }
}
