// SPDX-License-Identifier: Apache-2.0

extension MessagePackText {
    /// Appends what JSON says that was found to be right (`JSONGrammar`), as MessagePack says it.
    ///
    /// A number is an integer where it is written as one and has 64 bits, and a double otherwise.
    mutating func append(json: [UInt8]) {
        json.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes: bytes)
            reader.value(into: &self)
        }
    }

    fileprivate mutating func append(text: [UInt8]) { self.text(text) }

    fileprivate mutating func append(_ number: Double) {
        bytes.append(0xCB)
        big(number.bitPattern)
    }

    fileprivate mutating func append(negative number: Int64) {
        bytes.append(0xD3)
        big(number)
    }
}

/// Walks JSON that is right.
private struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private var next: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skip() { while index < bytes.count, bytes[index] <= 0x20 { index += 1 } }

    mutating func value(into text: inout MessagePackText) {
        skip()
        switch next {
        case UInt8(ascii: "{"): items(isObject: true, into: &text)
        case UInt8(ascii: "["): items(isObject: false, into: &text)
        case UInt8(ascii: "\""): text.append(text: string())
        case UInt8(ascii: "t"): word(4, 0xC3, into: &text)
        case UInt8(ascii: "f"): word(5, 0xC2, into: &text)
        case UInt8(ascii: "n"): word(4, 0xC0, into: &text)
        default: number(into: &text)
        }
    }

    private mutating func word(_ count: Int, _ packed: UInt8, into text: inout MessagePackText) {
        index += count
        text.bytes.append(packed)
    }

    /// An object or an array, with what is in it.
    private mutating func items(isObject: Bool, into text: inout MessagePackText) {
        let end = UInt8(ascii: isObject ? "}" : "]")
        var packed = MessagePackText(), count = 0
        index += 1
        skip()
        while index < bytes.count, next != end {
            if isObject {
                packed.append(text: string())
                skip()
                index += 1  // the colon
            }
            value(into: &packed)
            count += 1
            skip()
            if next == UInt8(ascii: ",") { index += 1 }
            skip()
        }
        index += 1
        if isObject { text.map(count) } else { text.array(count) }
        text.append(packed.bytes)
    }

    private mutating func string() -> [UInt8] {
        var value: [UInt8] = []
        index += 1
        while index < bytes.count, next != UInt8(ascii: "\"") {
            guard next == UInt8(ascii: "\\") else {
                value.append(next)
                index += 1
                continue
            }
            index += 1
            switch next {
            case UInt8(ascii: "n"): value.append(0x0A)
            case UInt8(ascii: "t"): value.append(0x09)
            case UInt8(ascii: "r"): value.append(0x0D)
            case UInt8(ascii: "b"): value.append(0x08)
            case UInt8(ascii: "f"): value.append(0x0C)
            case UInt8(ascii: "u"):
                value += Array(String(scalar()).utf8)
                continue
            default: value.append(next)
            }
            index += 1
        }
        index += 1
        return value
    }

    /// The character of `\uXXXX`, or of two of them; half of a pair alone is U+FFFD.
    private mutating func scalar() -> Unicode.Scalar {
        let first = unit()
        guard (0xD800..<0xDC00).contains(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let place = index
        index += 1
        let second = unit()
        guard (0xDC00..<0xE000).contains(second) else {
            index = place
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    /// The number behind a `u`, which is at the index.
    private mutating func unit() -> UInt32 {
        var unit: UInt32 = 0
        for offset in 1...4 where index + offset < bytes.count {
            let byte = bytes[index + offset]
            let digit =
                byte <= UInt8(ascii: "9")
                ? byte &- UInt8(ascii: "0") : (byte | 0x20) &- UInt8(ascii: "a") &+ 10
            unit = unit << 4 | UInt32(digit & 15)
        }
        index += 5
        return unit
    }

    private mutating func number(into text: inout MessagePackText) {
        let start = index
        while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
        let digits = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = UInt64(digits) {
            text.append(number)
        } else if let number = Int64(digits) {
            text.append(negative: number)
        } else {
            text.append(Double(digits) ?? 0)
        }
        if index == start { index += 1 }  // none, in what is not right
    }
}
