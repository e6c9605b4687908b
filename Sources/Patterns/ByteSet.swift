// SPDX-License-Identifier: Apache-2.0

/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: (low: UInt64, second: UInt64, third: UInt64, high: UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let lower = ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z"))
    static let upper = ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static let word = digits.union(lower).union(upper).union(ByteSet("_".utf8))
    static let space = ByteSet(" \t\r\u{0b}\u{0c}\n".utf8)
    static let newline = ByteSet("\n".utf8)
    static let all = ByteSet().inverted

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.low |= bit
        case 1: words.second |= bit
        case 2: words.third |= bit
        default: words.high |= bit
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.low
            case 1: words.second
            case 2: words.third
            default: words.high
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.words.low |= other.words.low
        result.words.second |= other.words.second
        result.words.third |= other.words.third
        result.words.high |= other.words.high
        return result
    }

    var inverted: ByteSet {
        var result = ByteSet()
        result.words = (~words.low, ~words.second, ~words.third, ~words.high)
        return result
    }

    /// With the other case of every ASCII letter in it.
    var withBothCases: ByteSet {
        var result = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
            if contains(letter) { result.insert(letter - 32) }
            if contains(letter - 32) { result.insert(letter) }
        }
        return result
    }

    static func == (one: ByteSet, other: ByteSet) -> Bool { one.words == other.words }

    func hash(into hasher: inout Hasher) {
        for word in [words.low, words.second, words.third, words.high] { hasher.combine(word) }
    }
}
