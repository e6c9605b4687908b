// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Keys

@Suite struct SealingKeyTests {
    private static func bytes(_ hex: String) throws -> [UInt8] {
        try #require(HashFunction.bytes(ofHex: hex))
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation", McGrew and Viega.
    @Test func `a sealed text of the specification is opened, and no other one`() throws {
        let key = try #require(
            SealingKey(hex: Array("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308\n".utf8))
        )
        let nonce = try Self.bytes("cafebabefacedbaddecaf888")
        let sealed = try Self.bytes(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f662"
        )
        let tag = try Self.bytes("76fc6ece0f4e1768cddf8853bb2d551b")
        let context = try Self.bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let plain = try Self.bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                + "b16aedf5aa0de657ba637b39"
        )
        let whole = nonce + sealed + tag
        #expect(key.open(whole[...], in: context) == plain)
        #expect(key.open(whole[...], in: context + [0]) == nil)
        for place in whole.indices {
            var other = whole
            other[place] ^= 1
            #expect(key.open(other[...], in: context) == nil)
        }
        for count in 0..<whole.count { #expect(key.open(whole[..<count], in: context) == nil) }
    }

    @Test(arguments: [0, 1, 16, 70_000]) func `what is sealed is opened, and sealed otherwise each time`(
        _ count: Int
    ) throws {
        let key = try #require(SealingKey(hex: Array(String(repeating: "0f", count: 32).utf8)))
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let one = try #require(key.seal(plain[...], in: [1])),
            other = try #require(key.seal(plain[...], in: [1]))
        #expect(one != other && one.count == count + SealingKey.overhead)
        #expect(key.open(one[...], in: [1]) == plain && key.open(other[...], in: [1]) == plain)
        #expect(key.open(one[...], in: [2]) == nil)
        let derived = try #require(key.derived(for: [1]))
        #expect(derived.open(one[...], in: [1]) == nil && derived.id != key.id && key.id?.count == 8)
    }

    @Test(arguments: ["", "00", String(repeating: "0", count: 63), String(repeating: "x", count: 64)])
    func `a key is 64 hexadecimal digits`(_ text: String) {
        #expect(SealingKey(hex: Array(text.utf8)) == nil)
    }
}
