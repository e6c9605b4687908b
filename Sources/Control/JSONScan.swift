// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Logs

/// A place in JSON that is read as the agent writes it, without a decoder of any JSON.
struct JSONScan {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// Begins with the first byte; nil if they are no UTF-8.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard UTF8Sequence.isText(bytes) else { return nil }
        self.bytes = bytes
    }

    /// Whether all has been read.
    var isAtEnd: Bool { index == bytes.count }

    /// Goes behind these bytes; false if others are next.
    mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count, let base = bytes.baseAddress,
            memcmp(base + index, word.utf8Start, count) == 0
        else { return false }
        index += count
        return true
    }

    /// Reads a number as `JSONText` writes it.
    mutating func number() -> UInt64? {
        let start = index
        var number: UInt64 = 0
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
            let (product, isLong) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLonger) = product.addingReportingOverflow(UInt64(bytes[index] - UInt8(ascii: "0")))
            guard !isLong, !isLonger else { return nil }
            number = sum
            index += 1
        }
        guard index > start, bytes[start] != UInt8(ascii: "0") || index == start + 1 else { return nil }
        return number
    }

    /// Appends what a string says, from behind its quotation mark to behind its last; false if it is written otherwise.
    mutating func string(to out: inout [UInt8]) -> Bool {
        guard let end = JSONString.read(bytes, at: index, to: &out) else { return false }
        index = end
        return true
    }

    /// What a string says, from behind its quotation mark to behind its last.
    mutating func string() -> String? {
        var text: [UInt8] = []
        return string(to: &text) ? String(decoding: text, as: UTF8.self) : nil
    }
}
