// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Whether bytes are JSON (RFC 8259), so that they can be sent on as they are.
struct JSONGrammar {
    private static let mostDepth = 64

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// Whether a line is one object, in UTF-8 and nested 64 deep at most, and nothing else.
    static func isObject(_ line: [UInt8]) -> Bool {
        guard line.first(where: { !isSpace($0) }) == UInt8(ascii: "{") else { return false }
        return line.withUnsafeBytes { bytes in
            var grammar = JSONGrammar(bytes: bytes)
            return grammar.value(depth: 0) && grammar.isAtEnd()
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func skip() { while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 } }

    private mutating func isAtEnd() -> Bool {
        skip()
        return index == bytes.count
    }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: wanted) else { return false }
        index += 1
        return true
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count,
            (0..<count).allSatisfy({ bytes[index + $0] == word.utf8Start[$0] })
        else { return false }
        index += count
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        skip()
        guard index < bytes.count, depth < Self.mostDepth else { return false }
        switch bytes[index] {
        case UInt8(ascii: "{"): return members(depth: depth + 1)
        case UInt8(ascii: "["): return elements(depth: depth + 1)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func members(depth: Int) -> Bool {
        index += 1
        skip()
        if take("}") { return true }
        repeat {
            skip()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), string() else { return false }
            skip()
            guard take(":"), value(depth: depth) else { return false }
            skip()
        } while take(",")
        return take("}")
    }

    private mutating func elements(depth: Int) -> Bool {
        index += 1
        skip()
        if take("]") { return true }
        repeat {
            guard value(depth: depth) else { return false }
            skip()
        } while take(",")
        return take("]")
    }

    private mutating func string() -> Bool {
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return true
            case UInt8(ascii: "\\"):
                guard escape() else { return false }
            case 0x00..<0x20: return false
            case 0x80...:
                let sequence = UTF8Sequence(bytes, at: index)
                guard sequence.isWhole else { return false }
                index += sequence.count
            default: index += 1
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "u"):
            guard index + 6 <= bytes.count,
                (2..<6).allSatisfy({ Self.isHexadecimal(bytes[index + $0]) })
            else { return false }
            index += 6
            return true
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
            return true
        default: return false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }

    private mutating func digits() -> Bool {
        let start = index
        while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
        return index > start
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take(".") { guard digits() else { return false } }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if !take("+") { _ = take("-") }
            return digits()
        }
        return true
    }
}
