// SPDX-License-Identifier: Apache-2.0

/// Log text made harmless for a terminal.
public enum TerminalText {
    /// The text with everything visible that a terminal would obey: control characters but tab (C0, DEL, C1),
    /// marks that change the direction or the end of a line, and bytes that are not UTF-8, as `\x1b` or `\u{202e}`.
    public static func sanitised(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                if byte == 0x09 || (0x20...0x7e).contains(byte) {
                    text.append(byte)
                } else {
                    escape(byte, into: &text)
                }
                index += 1
            } else if let (scalar, length) = scalar(in: bytes, at: index) {
                if isHarmful(scalar.value) {
                    text += Array("\\u{\(String(scalar.value, radix: 16))}".utf8)
                } else {
                    text += bytes[index..<index + length]
                }
                index += length
            } else {
                escape(byte, into: &text)
                index += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func escape(_ byte: UInt8, into text: inout [UInt8]) {
        let digits = String(byte, radix: 16)
        text += Array("\\x\(digits.count == 1 ? "0" : "")\(digits)".utf8)
    }

    private static func isHarmful(_ value: UInt32) -> Bool {
        switch value {
        case 0x80...0x9f: true  // C1
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true  // direction
        case 0x2028, 0x2029: true  // line and paragraph separators
        default: false
        }
    }

    /// The scalar of two bytes or more that begins here, unless the bytes are not well-formed UTF-8.
    private static func scalar(in bytes: [UInt8], at index: Int) -> (Unicode.Scalar, Int)? {
        let length: Int
        switch bytes[index] {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef: length = 3
        case 0xf0...0xf4: length = 4
        default: return nil
        }
        guard index + length <= bytes.count else { return nil }
        var value = UInt32(bytes[index]) & (0x7f >> UInt32(length))
        for continuation in bytes[(index + 1)..<(index + length)] {
            guard continuation & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(continuation & 0x3f)
        }
        // Overlong forms are not well-formed; surrogates and what lies beyond Unicode are no scalars.
        guard value >= [0, 0, 0x80, 0x800, 0x10000][length] else { return nil }
        return Unicode.Scalar(value).map { ($0, length) }
    }
}
