// SPDX-License-Identifier: Apache-2.0

/// Writes the few things of DER (X.690) that a key or a signature of SSH is made of.
enum DER {
    static func integer(_ bytes: [UInt8]) -> [UInt8] { value(0x02, bytes) }

    static func sequence(_ items: [UInt8]...) -> [UInt8] { value(0x30, Array(items.joined())) }

    /// Whole bytes.
    static func bits(_ bytes: [UInt8]) -> [UInt8] { value(0x03, [0] + bytes) }

    private static func value(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 0x80 else { return [tag, UInt8(bytes.count)] + bytes }
        var length: [UInt8] = []
        var rest = bytes.count
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + bytes
    }
}
