// SPDX-License-Identifier: Apache-2.0

/// What a pack is called: 16 bytes that nobody else draws.
///
/// Not a hash of it, for what is in a pack names it: pages lie in one pack with the chunks that they are about, and a
/// commit of a few changes is one pack and a record.
package struct PackName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A name has so many bytes.
    static let size = 16

    private let words: (UInt64, UInt64)

    /// Draws one.
    init(using random: inout some RandomNumberGenerator) { words = (random.next(), random.next()) }

    /// The 16 bytes of a name; nil for others.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        let words = Array(bytes).withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.words = (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1))
    }

    /// A name by its digits; nil for other ones.
    init?(hex: String) {
        guard hex.utf8.count == 2 * Self.size, let high = UInt64(hex.prefix(16), radix: 16),
            let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        words = (high, low)
        guard self.hex == hex else { return nil }
    }

    /// Its 16 bytes.
    var bytes: [UInt8] {
        [words.0, words.1].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    /// 32 lower-case hexadecimal digits.
    var hex: String { hexadecimal(bytes) }

    /// For a message.
    package var description: String { "pack \(hex)" }

    /// Whether they are the same bytes.
    package static func == (one: PackName, other: PackName) -> Bool { one.words == other.words }

    /// By their bytes.
    package static func < (one: PackName, other: PackName) -> Bool { one.words < other.words }

    /// The first word alone is as good as both.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
