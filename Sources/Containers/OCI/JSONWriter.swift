// SPDX-License-Identifier: Apache-2.0

extension JSON {
    /// How a text is laid out.
    public enum Style: Sendable {
        /// Without any white space.
        case compact
        /// A line each member and element, moved in by this text each level: a tab, or two spaces.
        case indented(by: String)
    }

    /// The text, in UTF-8, without a line feed at its end.
    ///
    /// A real number that JSON has no word for is `null`.
    public func bytes(_ style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style)
        writer.write(self, depth: 0)
        return writer.bytes
    }

    /// The text, without a line feed at its end.
    public func text(_ style: Style = .compact) -> String {
        String(decoding: bytes(style), as: UTF8.self)
    }
}

/// Collects a JSON text.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let indent: [UInt8]?

    init(_ style: JSON.Style) {
        switch style {
        case .compact: indent = nil
        case .indented(let text): indent = Array(text.utf8)
        }
    }

    mutating func write(_ value: JSON, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(.integer(let value)): append(String(value))
        case .number(.natural(let value)): append(String(value))
        case .number(.real(let value)): append(value.isFinite ? value.description : "null")
        case .string(let text): quote(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                startEntry(index, depth: depth + 1)
                write(element, depth: depth + 1)
            }
            if !elements.isEmpty { newLine(depth) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                startEntry(index, depth: depth + 1)
                quote(member.key)
                append(indent == nil ? ":" : ": ")
                write(member.value, depth: depth + 1)
            }
            if !members.isEmpty { newLine(depth) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func startEntry(_ index: Int, depth: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        newLine(depth)
    }

    private mutating func newLine(_ depth: Int) {
        guard let indent else { return }
        bytes.append(0x0a)
        for _ in 0..<depth { bytes += indent }
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.needsEscape) {
            for byte in text.utf8 { escape(byte) }
        } else {
            append(text)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// What RFC 8259 section 7 says must be escaped: quotation mark, backslash and the control characters.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        case 0..<0x20: append((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
