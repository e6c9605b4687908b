// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// The SHA-256 of some bytes (FIPS 180-4), which is their name.
package struct ContentName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A name has so many bytes.
    static let size = 32

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The name of bytes.
    init(of content: UnsafeRawBufferPointer) throws(FormatFlaw) {
        // Never zeros in its place: all contents would have one name.
        guard let made = Self.hash(content) else { throw FormatFlaw("libcrypto gives no SHA-256") }
        self = made
    }

    /// The name of bytes.
    package init(of content: [UInt8]) throws(FormatFlaw) {
        guard let made = content.withUnsafeBytes(Self.hash) else {
            throw FormatFlaw("libcrypto gives no SHA-256")
        }
        self = made
    }

    private static func hash(_ content: UnsafeRawBufferPointer) -> ContentName? {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { hash in
            let start = hash.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let done = EVP_Digest(content.baseAddress, content.count, start, nil, EVP_sha256(), nil)
            return done == 1 ? ContentName(bytes: UnsafeRawBufferPointer(hash), at: 0) : nil
        }
    }

    /// The 32 bytes of a name, at a place that has as many.
    init(bytes: UnsafeRawBufferPointer, at place: Int) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place + index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// The name of nothing: what a first record has for its parent.
    package static let none = ContentName()

    private init() { words = (0, 0, 0, 0) }

    /// Its 32 bytes.
    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            withUnsafeBytes(of: word.bigEndian) { Array($0) }
        }
    }

    /// Bits that are as good as random.
    var bits: UInt64 { words.0 }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { hexadecimal(bytes) }

    /// The first digits, for a message.
    package var description: String { hexadecimal(bytes.prefix(6)) + ".." }

    /// Whether they are the same bytes.
    package static func == (one: ContentName, other: ContentName) -> Bool { one.words == other.words }

    /// By their bytes.
    package static func < (one: ContentName, other: ContentName) -> Bool { one.words < other.words }

    /// The first word alone is as good as all.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Lower-case hexadecimal digits, two a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
