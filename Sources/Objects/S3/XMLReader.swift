// SPDX-License-Identifier: Apache-2.0

/// Cuts a document into starts and ends of elements, and what is between them.
struct XMLReader {
    enum Token {
        case start(name: String, isEmpty: Bool)
        case end(name: String)
        case text(String)
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Whether all was read, and nothing was wrong.
    var isAtEnd: Bool { position == bytes.count }

    /// The next token; nil at the end, or at what is no XML.
    mutating func next() -> Token? {
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else { return text() }
            if skip("<?") {
                guard pass("?>") != nil else { return nil }
            } else if skip("<!--") {
                guard pass("-->") != nil else { return nil }
            } else if skip("<![CDATA[") {
                guard let content = pass("]]>") else { return nil }
                return String(validating: content, as: UTF8.self).map(Token.text)
            } else if starts(with: "<!") {
                return nil  // a document type: nothing in it is needed, and much of it hurts
            } else {
                return tag()
            }
        }
        return nil
    }

    // MARK: Parts

    private mutating func tag() -> Token? {
        let begin = position
        var quote: UInt8?
        for index in (begin + 1)..<max(begin + 1, bytes.count) {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                var content = bytes[(begin + 1)..<index]
                let isEnd = content.first == UInt8(ascii: "/")
                if isEnd { content = content.dropFirst() }
                let isEmpty = content.last == UInt8(ascii: "/")
                if isEmpty { content = content.dropLast() }
                guard !(isEnd && isEmpty), let name = Self.name(content) else { return nil }
                position = index + 1
                return isEnd ? .end(name: name) : .start(name: name, isEmpty: isEmpty)
            } else if byte == UInt8(ascii: "<") {
                return nil
            }
        }
        return nil
    }

    /// What is before the first space, without a prefix.
    private static func name(_ content: ArraySlice<UInt8>) -> String? {
        let name = content.prefix { $0 > 0x20 }
        let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
        let isFine = local.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isFine, (1...100).contains(local.count) else { return nil }
        return String(decoding: local, as: UTF8.self)
    }

    private mutating func text() -> Token? {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        var plain: [UInt8] = []
        plain.reserveCapacity(end - position)
        var index = position
        while index < end {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "&") else {
                plain.append(byte)
                continue
            }
            // The longest is &#x10FFFF;
            let rest = bytes[index..<min(end, index + 9)]
            guard let semicolon = rest.firstIndex(of: UInt8(ascii: ";")),
                let scalar = Self.entity(String(decoding: bytes[index..<semicolon], as: UTF8.self))
            else { return nil }
            plain += Array(String(Character(scalar)).utf8)
            index = semicolon + 1
        }
        guard let text = String(validating: plain, as: UTF8.self) else { return nil }
        position = end
        return .text(text)
    }

    private static func entity(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let isHex = name.hasPrefix("#x")
            let digits = name.dropFirst(isHex ? 2 : 1)
            guard digits.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }) else { return nil }
            return UInt32(digits, radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init)
        }
    }

    // MARK: Steps

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    /// What is before a text, which is left behind; nil if that does not come.
    private mutating func pass(_ text: StaticString) -> ArraySlice<UInt8>? {
        let begin = position
        while position < bytes.count {
            let here = position
            if skip(text) { return bytes[begin..<here] }
            position += 1
        }
        return nil
    }
}
