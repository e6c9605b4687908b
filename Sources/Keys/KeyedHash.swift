// SPDX-License-Identifier: Apache-2.0
internal import CCrypto
public import Linux

/// HMAC with SHA-256 (RFC 2104): what stands for a content that nobody may guess who does not have the key.
public struct KeyedHash: Sendable {
    private let key: SecretContent

    /// Hashes with this key.
    public init(key: SecretContent) { self.key = key }

    /// A key of 32 bytes that nobody knows; nil if the system has no random numbers.
    public static func randomKey() -> SecretContent? {
        let key = SecretContent(capacity: 32) { room in
            let isFilled = RAND_bytes(room.baseAddress?.assumingMemoryBound(to: UInt8.self), 32) == 1
            return isFilled ? 32 : 0
        }
        return key.count == 32 ? key : nil
    }

    /// The hash of a content in hexadecimal digits; nil if libcrypto refuses.
    public func hex(_ content: SecretContent) -> String? {
        content.withBytes { hash($0) }.map { digest in
            digest.withBytes { bytes in
                bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
        }
    }

    /// The 32 bytes of the hash.
    func hash(_ bytes: UnsafeRawBufferPointer) -> SecretContent? {
        let digest = SecretContent(capacity: 32) { room in
            var count: UInt32 = 0
            // HMAC(3) takes no NULL for a key, and none is empty here.
            let made = key.withBytes { key in
                HMAC(
                    EVP_sha256(),
                    key.baseAddress,
                    Int32(key.count),
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    bytes.count,
                    room.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    &count
                )
            }
            return made == nil ? 0 : Int(count)
        }
        return digest.count == 32 ? digest : nil
    }

    /// Whether two hashes are equal, in a time that tells nothing.
    static func equal(_ one: SecretContent, _ other: [UInt8]) -> Bool {
        one.count == other.count && one.withBytes { CRYPTO_memcmp($0.baseAddress, other, other.count) } == 0
    }
}

extension SecretContent {
    /// HKDF with SHA-256 (RFC 5869), 32 bytes; nil if libcrypto refuses.
    func derivedKey(salt: [UInt8], info: String) -> SecretContent? {
        // An absent salt is as many zero bytes as the hash has.
        let salt = salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt
        let extractor = KeyedHash(key: salt.withUnsafeBytes { SecretContent($0) })
        guard let key = withBytes({ extractor.hash($0) }) else { return nil }
        return (Array(info.utf8) + [1]).withUnsafeBytes { KeyedHash(key: key).hash($0) }
    }
}
