// SPDX-License-Identifier: Apache-2.0

/// Reads a JSON text: the bytes and an index into them, each byte looked at once.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSON.Limits
    private var index = 0
    private var nodes = 0

    init(_ bytes: [UInt8], limits: JSON.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSON.SyntaxError) -> JSON {
        guard bytes.count <= limits.bytes else {
            throw fail("the text is longer than \(limits.bytes) bytes: shorten it")
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw fail("a byte order mark: remove it") }
        skipSpace()
        let result = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw fail("something follows the value: remove it") }
        return result
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSON.SyntaxError) -> JSON {
        nodes += 1
        guard nodes <= limits.nodes else { throw fail("more than \(limits.nodes) values: shorten the text") }
        switch peek {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try elements(depth: depth + 1))
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw fail("expected a value")
        }
    }

    private mutating func members(depth: Int) throws(JSON.SyntaxError) -> [JSON.Member] {
        try open(depth)
        var members: [JSON.Member] = []
        if take(UInt8(ascii: "}")) { return members }
        members.reserveCapacity(4)
        var seen: Set<String> = []  // used beyond the size where comparing each with each is quicker
        while true {
            guard peek == UInt8(ascii: "\"") else { throw fail("expected a member's name in double quotes") }
            let start = index
            let key = try string()
            let isTwice: Bool
            if members.count < 16 {
                isTwice = members.contains { $0.key == key }
            } else {
                if seen.isEmpty { seen = Set(members.map(\.key)) }
                isTwice = !seen.insert(key).inserted
            }
            guard !isTwice else {
                index = start
                throw fail("the member \(quoted(key)) is there twice: remove one")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fail("expected ':' after a member's name") }
            members.append(JSON.Member(key, try value(depth: depth)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw fail("expected ',' or '}' after a member") }
        }
    }

    private mutating func elements(depth: Int) throws(JSON.SyntaxError) -> [JSON] {
        try open(depth)
        var elements: [JSON] = []
        if take(UInt8(ascii: "]")) { return elements }
        elements.reserveCapacity(4)
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw fail("expected ',' or ']' after an element") }
        }
    }

    private mutating func open(_ depth: Int) throws(JSON.SyntaxError) {
        guard depth <= limits.depth else { throw fail("more than \(limits.depth) levels: flatten the text") }
        index += 1
        skipSpace()
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSON.SyntaxError) -> JSON {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index + offset < bytes.count, bytes[index + offset] == word.utf8Start[offset] else {
                throw fail("expected a value")
            }
        }
        index += word.utf8CodeUnitCount
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSON.SyntaxError) -> JSON.Number {
        let start = index
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let digits = index
        // The magnitude, as long as it fits.
        var magnitude: UInt64? = 0
        while let digit = digit(at: index) {
            if let known = magnitude {
                let (tens, overflow) = known.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(digit)
                magnitude = overflow || carry ? nil : sum
            }
            index += 1
        }
        guard index > digits else { throw fail("expected a digit") }
        if index > digits + 1, bytes[digits] == UInt8(ascii: "0") {
            index = digits
            throw fail("a number that begins with 0: write it without")
        }
        var isInteger = true
        if peek == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            try skipDigits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isInteger = false
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try skipDigits()
        }
        if isInteger, let magnitude {
            if !isNegative { return JSON.Number(magnitude) }
            if magnitude <= 1 << 63 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        guard let real = Double(String(decoding: bytes[start..<index], as: UTF8.self)), real.isFinite else {
            index = start
            throw fail("a number too large: write a smaller one")
        }
        return .real(real)
    }

    private mutating func skipDigits() throws(JSON.SyntaxError) {
        guard digit(at: index) != nil else { throw fail("expected a digit") }
        while digit(at: index) != nil { index += 1 }
    }

    private func digit(at place: Int) -> UInt64? {
        guard place < bytes.count else { return nil }
        let digit = bytes[place] &- UInt8(ascii: "0")
        return digit < 10 ? UInt64(digit) : nil
    }

    // MARK: Strings

    /// The string that opens here.
    private mutating func string() throws(JSON.SyntaxError) -> String {
        let opening = index
        index += 1
        var isASCII = true
        let end = try plainRun(&isASCII)
        if bytes[end] == UInt8(ascii: "\"") {
            defer { index = end + 1 }
            // A third of the time that validating takes.
            if isASCII { return String(decoding: bytes[index..<end], as: UTF8.self) }
            return try text(bytes[index..<end], at: opening)
        }
        // With escapes: collected piece by piece.
        var collected: [UInt8] = []
        while true {
            let end = try plainRun(&isASCII)
            collected += bytes[index..<end]
            index = end + 1
            if bytes[end] == UInt8(ascii: "\"") { return try text(collected[...], at: opening) }
            try escape(into: &collected)
        }
    }

    /// The next quotation mark or backslash.
    private mutating func plainRun(_ isASCII: inout Bool) throws(JSON.SyntaxError) -> Int {
        var end = index
        var all: UInt8 = 0
        defer { isASCII = isASCII && all < 0x80 }
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return end }
            all |= byte
            guard byte >= 0x20 else {
                index = end
                throw fail("a control character in a string: write it as an escape")
            }
            end += 1
        }
        index = end
        throw fail("the text ends within a string")
    }

    private func text(_ bytes: ArraySlice<UInt8>, at opening: Int) throws(JSON.SyntaxError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fail("a string that is not UTF-8: write it in UTF-8", at: opening)
        }
        return text
    }

    /// Reads what follows a backslash.
    private mutating func escape(into collected: inout [UInt8]) throws(JSON.SyntaxError) {
        let plain: UInt8
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = bytes[index]
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0c
        case UInt8(ascii: "n"): plain = 0x0a
        case UInt8(ascii: "r"): plain = 0x0d
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            collected += UTF8.encode(try scalar())?.map { $0 } ?? []
            return
        default: throw fail("an unknown escape: write the character itself or \\u and four digits")
        }
        collected.append(plain)
        index += 1
    }

    /// The scalar of `\uXXXX`, or of two that are a surrogate pair.
    private mutating func scalar() throws(JSON.SyntaxError) -> Unicode.Scalar {
        let start = index - 1
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if UTF16.isLeadSurrogate(first), peek == UInt8(ascii: "\\"), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        {
            index += 1
            let second = try codeUnit()
            if UTF16.isTrailSurrogate(second) {
                return UTF16.decode(UTF16.EncodedScalar([first, second]))
            }
        }
        throw fail("half a surrogate pair: write both halves", at: start)
    }

    /// The four digits after `u`.
    private mutating func codeUnit() throws(JSON.SyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            index += 1
            guard let digit = hexDigit(peek) else { throw fail("expected four hexadecimal digits after \\u") }
            unit = unit << 4 | digit
        }
        index += 1
        return unit
    }

    private func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    // MARK: Bytes

    /// The byte here; at the end NUL, which begins nothing.
    private var peek: UInt8 { index < bytes.count ? bytes[index] : 0 }

    /// Passes over `byte`, and the white space behind it, if it is here.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        skipSpace()
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0a, 0x0d: index += 1
            default: return
            }
        }
    }

    /// A failure at the index or elsewhere; only now is its line counted.
    private func fail(_ problem: String, at place: Int? = nil) -> JSON.SyntaxError {
        let place = place ?? index
        var (line, column) = (1, 1)
        for byte in bytes.prefix(place) {
            if byte == 0x0a {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {  // not the rest of a character
                column += 1
            }
        }
        let isEnd = place >= bytes.count
        return JSON.SyntaxError(
            line: line,
            column: column,
            problem: isEnd && !problem.hasPrefix("the text") ? problem + ", not the end of the text" : problem
        )
    }
}
