// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Collects MessagePack, value by value as its caller says: it counts nothing.
struct MessagePackText {
    /// What was collected.
    var bytes: [UInt8] = []

    /// Nothing, with room for so many bytes.
    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Begins an array of so many values.
    mutating func array(_ count: Int) { head(count, short: 0x90, below: 16, 0xDC, 0xDD) }

    /// Begins a map of so many keys, each with its value.
    mutating func map(_ count: Int) { head(count, short: 0x80, below: 16, 0xDE, 0xDF) }

    /// Appends what is MessagePack already.
    mutating func append(_ packed: [UInt8]) { bytes.append(contentsOf: packed) }

    /// Appends a string.
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number.
    mutating func append(_ number: UInt64) {
        switch number {
        case 0..<0x80: bytes.append(UInt8(number))
        case ...0xFF: bytes += [0xCC, UInt8(number)]
        case ...0xFFFF:
            bytes.append(0xCD)
            big(UInt16(number))
        case ...0xFFFF_FFFF:
            bytes.append(0xCE)
            big(UInt32(number))
        default:
            bytes.append(0xCF)
            big(number)
        }
    }

    /// Appends bytes that are no text.
    mutating func binary(_ value: [UInt8]) { value.withUnsafeBytes { binary($0) } }

    /// Appends a string if the bytes are UTF-8, else the bytes as they are.
    mutating func text(_ value: [UInt8]) {
        value.withUnsafeBytes { UTF8Sequence.isText($0) ? string($0) : binary($0) }
    }

    private mutating func string(_ value: UnsafeRawBufferPointer) {
        if value.count < 32 {
            bytes.append(0xA0 | UInt8(value.count))
        } else if value.count <= 0xFF {
            bytes += [0xD9, UInt8(value.count)]
        } else {
            head(value.count, short: 0, below: 0, 0xDA, 0xDB)
        }
        bytes.append(contentsOf: value)
    }

    private mutating func binary(_ value: UnsafeRawBufferPointer) {
        if value.count <= 0xFF {
            bytes += [0xC4, UInt8(value.count)]
        } else {
            head(value.count, short: 0, below: 0, 0xC5, 0xC6)
        }
        bytes.append(contentsOf: value)
    }

    private mutating func head(_ count: Int, short: UInt8, below: Int, _ medium: UInt8, _ long: UInt8) {
        if count < below {
            bytes.append(short | UInt8(count))
        } else if count <= 0xFFFF {
            bytes.append(medium)
            big(UInt16(count))
        } else {
            bytes.append(long)
            big(UInt32(truncatingIfNeeded: count))
        }
    }

    /// Appends an integer, its highest byte first.
    mutating func big(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
