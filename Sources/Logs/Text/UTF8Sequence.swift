// SPDX-License-Identifier: Apache-2.0

/// The bytes of one character that is not ASCII, or the beginning of one that is not whole (Unicode, table 3-7).
package struct UTF8Sequence {
    /// How many bytes: of what is not whole, those that could have begun a character, at least one.
    package let count: Int
    /// Whether they are a character.
    package let isWhole: Bool

    /// What begins at an index, at which there is a byte from 0x80.
    package init(_ bytes: UnsafeRawBufferPointer, at index: Int) {
        let (length, second) = Self.form(bytes[index])
        var count = 1
        while count < length, index + count < bytes.count {
            let allowed = count == 1 ? second : 0x80...0xBF
            guard allowed ~= bytes[index + count] else { break }
            count += 1
        }
        self.count = count
        isWhole = count == length && length > 1
    }

    /// How many bytes it has that begin with this one, and what the second may be; one byte is none.
    private static func form(_ first: UInt8) -> (length: Int, second: ClosedRange<UInt8>) {
        switch first {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: (1, 0x80...0xBF)
        }
    }

    /// Whether bytes are UTF-8.
    package static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            guard bytes[index] >= 0x80 else {
                index += 1
                continue
            }
            let sequence = UTF8Sequence(bytes, at: index)
            guard sequence.isWhole else { return false }
            index += sequence.count
        }
        return true
    }
}
