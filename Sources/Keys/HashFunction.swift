// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// A hash function of the SHA family (FIPS 180-4), or MD5.
public enum HashFunction: String, Sendable {
    /// 128 bits (RFC 1321): only where a store wants it, against what a wire does to bytes.
    case md5
    /// 160 bits: only for the names that git gives to objects.
    case sha1
    /// 256 bits.
    case sha256
    /// 384 bits.
    case sha384
    /// 512 bits.
    case sha512

    /// The hash of bytes; empty if libcrypto refuses, which equals no hash.
    public func hash(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &result, &count, function, nil) == 1 else { return [] }
        return Array(result.prefix(Int(count)))
    }

    /// Bytes in hexadecimal digits.
    public static func hex(of bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Bytes that hexadecimal digits stand for; nil for what are none.
    public static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The hash of bytes in hexadecimal digits.
    public func hex(_ bytes: [UInt8]) -> String {
        Self.hex(of: hash(bytes))
    }

    var function: OpaquePointer? {
        switch self {
        case .md5: EVP_md5()
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}
