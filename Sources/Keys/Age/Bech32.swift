// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Bech32 (BIP 173), without its limit of length, as age writes keys.
enum Bech32 {
    private static let letters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let generator: [UInt32] = [
        0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
    ]

    /// The 32 bytes that a line of capital letters stands for.
    static func key(_ line: UnsafeRawBufferPointer) throws(AgeFault) -> SecretContent {
        guard let split = line.lastIndex(of: UInt8(ascii: "1")), line.count - split > 6, split > 0,
            line.count < 200
        else { throw .identity("it is cut short") }
        guard !line.contains(where: { (0x61...0x7a).contains($0) }) else {
            throw .identity("small and capital letters are mixed")
        }
        let name = line[..<split].map { lower($0) }
        var checksum: UInt32 = 1
        for byte in name { checksum = step(checksum, byte >> 5) }
        checksum = step(checksum, 0)
        for byte in name { checksum = step(checksum, byte & 31) }
        let data = line[(split + 1)...]
        // 52 groups of five bits are 32 bytes and four bits that must be zero.
        guard data.count == 52 + 6 else { throw .identity("it has another length than 32 bytes") }
        return try SecretContent(capacity: 32) { (room) throws(AgeFault) in
            var bits: UInt32 = 0
            var have = 0
            var filled = 0
            for (index, byte) in data.enumerated() {
                guard let value = letters.firstIndex(of: lower(byte)) else {
                    throw .identity("a letter is none of its alphabet")
                }
                checksum = step(checksum, UInt8(value))
                guard index < 52 else { continue }
                bits = bits << 5 | UInt32(value)
                have += 5
                guard have >= 8 else { continue }
                have -= 8
                room[filled] = UInt8(truncatingIfNeeded: bits >> UInt32(have))
                bits &= (1 << UInt32(have)) - 1
                filled += 1
            }
            guard checksum == 1 else { throw .identity("its checksum is wrong") }
            guard bits == 0, filled == 32 else { throw .identity("it has another length than 32 bytes") }
            return filled
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

    private static func step(_ checksum: UInt32, _ value: UInt8) -> UInt32 {
        let top = checksum >> 25
        var next = (checksum & 0x1ff_ffff) << 5 ^ UInt32(value)
        for (bit, number) in generator.enumerated() where top >> UInt32(bit) & 1 == 1 { next ^= number }
        return next
    }
}
