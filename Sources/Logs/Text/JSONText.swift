// SPDX-License-Identifier: Apache-2.0

/// Collects JSON (RFC 8259) in UTF-8, byte by byte as its caller says: it quotes, but checks no grammar.
package struct JSONText {
    /// What was collected.
    package var bytes: [UInt8] = []

    /// Nothing, with room for so many bytes.
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Appends what is JSON already: punctuation, names, words.
    package mutating func append(_ json: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Appends what is JSON already.
    package mutating func append(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    /// Appends a number in decimal digits.
    package mutating func append(_ number: UInt64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var place = room.count
            var rest = number
            repeat {
                place -= 1
                room[place] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: room[place...])
        }
    }

    /// Appends an object of texts; without any of them it is empty.
    package mutating func object(_ members: [(name: String, value: String)]) {
        append("{")
        for (index, (name, value)) in members.enumerated() {
            if index > 0 { append(",") }
            quote(name)
            append(":")
            quote(value)
        }
        append("}")
    }

    /// Appends a string of any text.
    package mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a string of any bytes: what is not UTF-8 becomes U+FFFD.
    package mutating func quote(_ text: [UInt8]) { text.withUnsafeBytes { quote($0) } }

    /// Appends a string of any bytes: what is not UTF-8 becomes U+FFFD.
    package mutating func quote(_ text: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        var (start, index) = (0, 0)
        while index < text.count {
            if index + 8 <= text.count {
                let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let marks = Self.marks(word)
                guard marks != 0 else {
                    index += 8
                    continue
                }
                index += marks.trailingZeroBitCount >> 3
            }
            let byte = text[index]
            if byte >= 0x80 {
                let sequence = UTF8Sequence(text, at: index)
                if !sequence.isWhole {
                    append(text, start..<index)
                    bytes += [0xEF, 0xBF, 0xBD]
                    start = index + sequence.count
                }
                index += sequence.count
            } else {
                if Self.isSpecial(byte) {
                    append(text, start..<index)
                    escape(byte)
                    start = index + 1
                }
                index += 1
            }
        }
        append(text, start..<text.count)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[range]))
    }

    /// What RFC 8259 section 7 says must be escaped: quotation mark, backslash and the control characters.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Eight bytes at once: the lowest mark is in the first of them that is special or no ASCII; 0 if none is.
    ///
    /// A borrow may set marks above the lowest that are not to be trusted.
    static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let below =
            (word &- ones &* 0x20) & ~word
            | (quotes &- ones) & ~quotes
            | (slashes &- ones) & ~slashes
        return (below | word) & (ones &* 0x80)
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(#"\""#)
        case UInt8(ascii: "\\"): append(#"\\"#)
        case 0x08: append(#"\b"#)
        case 0x09: append(#"\t"#)
        case 0x0A: append(#"\n"#)
        case 0x0C: append(#"\f"#)
        case 0x0D: append(#"\r"#)
        default:
            append(#"\u00"#)
            bytes += [Self.digit(byte >> 4), Self.digit(byte & 15)]
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
