// SPDX-License-Identifier: Apache-2.0

/// A look over JSON before it is decoded: refuses deep nesting and names given twice, on which parsers differ.
///
/// It does not check the whole grammar; the decoder does.
struct JSONShape {
    private static let maximumDepth = 64
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The first flaw, or nil.
    mutating func flaw() -> String? {
        // The decoder would take UTF-16 too, in which names given twice hide from the look below.
        if bytes.contains(0) { return "a NUL: it is not JSON in UTF-8" }
        // One set of names per open object; nil stands for an open array.
        var open: [Set<[UInt8]>?] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard open.count < Self.maximumDepth else { return "nested deeper than \(Self.maximumDepth)" }
                open.append(bytes[index] == UInt8(ascii: "{") ? [] : nil)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open.popLast() != nil else { return "a bracket closes nothing" }
            case UInt8(ascii: "\""):
                guard let end = endOfText(from: index + 1) else { return "a text does not end" }
                if let last = open.last, last != nil, isName(before: end + 1) {
                    guard let name = Self.unescaped(bytes[(index + 1)..<end]) else {
                        return "a name has an escape that is not readable"
                    }
                    guard open[open.count - 1]?.insert(name).inserted == true else {
                        return "\(String(decoding: name.prefix(64), as: UTF8.self)) is given twice"
                    }
                }
                index = end
            default: break
            }
            index += 1
        }
        return nil
    }

    private func endOfText(from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") { return index }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private func isName(before index: Int) -> Bool {
        bytes[index...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: ":")
    }

    /// Escapes of single ASCII letters are resolved, `A` and alike too; others stay as they are written.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            guard kind == UInt8(ascii: "u") else {
                result += [UInt8(ascii: "/"), UInt8(ascii: "\"")].contains(kind) ? [kind] : [byte, kind]
                continue
            }
            guard let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else {
                return nil
            }
            rest = rest.dropFirst(4)
            // A unit beyond ASCII keeps its number: 0xFF never occurs in UTF-8, so it cannot look like a letter.
            result += unit < 0x80 ? [UInt8(unit)] : [0xFF, UInt8(unit >> 8), UInt8(unit & 0xFF)]
        }
        return result
    }
}
