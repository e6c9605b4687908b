// SPDX-License-Identifier: Apache-2.0

/// Bytes in the making: integers are little-endian, or of varying length (LEB128), seven bits a byte, the low ones
/// first.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func put(_ more: some Collection<UInt8>) { bytes += more }

    mutating func put(_ name: ContentName) { bytes += name.bytes }

    mutating func put(_ name: PackName) { bytes += name.bytes }

    /// As short as it goes.
    mutating func put(varying value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func put(varying value: Int) { put(varying: UInt64(value)) }

    /// Small numbers of either sign are short: the sign is the lowest bit.
    mutating func put(signed value: Int64) {
        put(varying: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// How many bytes, and the bytes.
    mutating func put(counted more: some Collection<UInt8>) {
        put(varying: more.count)
        bytes += more
    }
}
