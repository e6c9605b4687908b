// SPDX-License-Identifier: Apache-2.0

/// A string as `JSONText` quotes it, read back.
package enum JSONString {
    /// Appends what a string says whose first byte, behind the quotation mark, is at an index.
    ///
    /// The index behind its last quotation mark; nil if it has none, or is written in another way than `JSONText`
    /// does it. Whether it is UTF-8 is not looked at.
    package static func read(
        _ text: UnsafeRawBufferPointer,
        at index: Int,
        to out: inout [UInt8]
    ) -> Int? {
        var (start, index) = (index, index)
        while index < text.count {
            if index + 8 <= text.count {
                let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let marks = JSONText.marks(word)
                guard marks != 0 else {
                    index += 8
                    continue
                }
                index += marks.trailingZeroBitCount >> 3
            }
            switch text[index] {
            case UInt8(ascii: "\""):
                out.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<index]))
                return index + 1
            case UInt8(ascii: "\\"):
                guard let (byte, count) = escaped(text, at: index) else { return nil }
                out.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<index]))
                out.append(byte)
                index += count
                start = index
            case 0x00..<0x20: return nil
            default: index += 1
            }
        }
        return nil
    }

    /// The byte that an escape stands for, and how many it takes.
    private static func escaped(_ text: UnsafeRawBufferPointer, at index: Int) -> (UInt8, Int)? {
        guard index + 1 < text.count else { return nil }
        switch text[index + 1] {
        case UInt8(ascii: "\""): return (UInt8(ascii: "\""), 2)
        case UInt8(ascii: "\\"): return (UInt8(ascii: "\\"), 2)
        case UInt8(ascii: "b"): return (0x08, 2)
        case UInt8(ascii: "t"): return (0x09, 2)
        case UInt8(ascii: "n"): return (0x0A, 2)
        case UInt8(ascii: "f"): return (0x0C, 2)
        case UInt8(ascii: "r"): return (0x0D, 2)
        case UInt8(ascii: "u"):
            guard index + 6 <= text.count, text[index + 2] == UInt8(ascii: "0"),
                text[index + 3] == UInt8(ascii: "0"), let high = digit(text[index + 4]),
                let low = digit(text[index + 5]), high < 2
            else { return nil }
            return (high << 4 | low, 6)
        default: return nil
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
