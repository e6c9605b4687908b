// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// How a sealed object lies in its store: segments, each of which can be opened alone (`docs/formats/sealed.md`).
enum SealedLayout {
    /// Every segment begins with it.
    static let magic = Array("MLS1".utf8)
    /// Bytes that a segment seals; the last one seals what is left.
    static let plain: Int64 = 64 << 10
    /// What comes to them.
    static let overhead = Int64(magic.count + SealingKey.idSize + SealingKey.overhead)
    /// Bytes of a segment in the store.
    static let stored = plain + overhead

    /// The bytes of an object whose sealed ones are so many; nil if no object has as many.
    static func size(ofStored size: Int64) -> Int64? {
        let rest = size % stored
        // An empty object is one segment of nothing, and no other has one.
        guard size == overhead || rest == 0 && size > 0 || rest > overhead else { return nil }
        return size - segments(ofStored: size) * overhead
    }

    /// The bytes in the store of an object that has so many.
    static func storedSize(of size: Int64) -> Int64 {
        size + max(1, (size + plain - 1) / plain) * overhead
    }

    /// How many segments so many bytes in the store are.
    static func segments(ofStored size: Int64) -> Int64 { (size + stored - 1) / stored }

    /// The segments that have some bytes of an object, as bytes in the store.
    static func range(of range: Range<Int64>) -> Range<Int64> {
        let first = range.lowerBound / plain
        let (end, isTooMuch) = (range.upperBound / plain + 1).multipliedReportingOverflow(by: stored)
        let last = range.upperBound % plain == 0 && range.upperBound > range.lowerBound ? end &- stored : end
        return first * stored..<(isTooMuch ? Int64.max : last)
    }

    /// What a segment is sealed with: that it is this one, and whether any follows.
    ///
    /// So none can be moved or left out.
    static func context(_ index: Int64, isLast: Bool) -> [UInt8] {
        withUnsafeBytes(of: index.littleEndian, Array.init) + [isLast ? 1 : 0]
    }
}
