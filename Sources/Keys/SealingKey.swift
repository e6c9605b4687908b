// SPDX-License-Identifier: Apache-2.0
internal import CCrypto
internal import Linux

/// A key of 32 bytes that seals others: who does not have it can neither read them nor change them unnoticed.
///
/// AES-256-GCM (NIST SP 800-38D) with random nonces, at most 2^32 of them for a key: derive one for each purpose.
public struct SealingKey: Sendable {
    /// So many bytes more has what is sealed: a nonce before it, a tag behind it.
    public static let overhead = nonce + tag
    /// What names a key has so many bytes.
    public static let idSize = 8

    private static let size = 32
    private static let nonce = 12
    private static let tag = 16

    private let secret: SecretContent

    private init(_ secret: SecretContent) { self.secret = secret }

    /// A key of 64 hexadecimal digits, with white space around them; nil if they are none.
    public init?(hex text: [UInt8]) {
        guard let text = String(validating: text, as: UTF8.self),
            let bytes = HashFunction.bytes(ofHex: String(text.filter { !$0.isWhitespace })),
            bytes.count == Self.size
        else { return nil }
        self.init(bytes.withUnsafeBytes { SecretContent($0) })
    }

    /// A key for one purpose; nil if libcrypto refuses.
    public func derived(for purpose: [UInt8]) -> SealingKey? {
        purpose.withUnsafeBytes { KeyedHash(key: secret).hash($0) }.map { SealingKey($0) }
    }

    /// What names the key, and tells nothing of it; nil if libcrypto refuses.
    public var id: [UInt8]? {
        derived(for: Array("martlet key id".utf8))?.secret.withBytes { Array($0.prefix(Self.idSize)) }
    }

    /// Seals bytes together with a `context`, which is not kept and must be the same again; nil if libcrypto refuses.
    public func seal(_ plain: ArraySlice<UInt8>, in context: [UInt8]) -> [UInt8]? {
        guard let cipher = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(cipher) }
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.overhead), count: Int32 = 0
        let isSealed = sealed.withUnsafeMutableBufferPointer { sealed in
            guard let nonce = sealed.baseAddress, RAND_bytes(nonce, Int32(Self.nonce)) == 1 else {
                return false
            }
            let body = nonce + Self.nonce
            return secret.withBytes { key in
                EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, Self.start(key), nonce) == 1
            } && EVP_EncryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1
                && Self.each(of: plain) { EVP_EncryptUpdate(cipher, body, &count, $0, $1) == 1 }
                && EVP_EncryptFinal_ex(cipher, body + plain.count, &count) == 1
                && EVP_CIPHER_CTX_ctrl(
                    cipher,
                    EVP_CTRL_AEAD_GET_TAG,
                    Int32(Self.tag),
                    body + plain.count
                ) == 1
        }
        return isSealed ? sealed : nil
    }

    /// What was sealed with this key and in this context; nil if these bytes are not that.
    public func open(_ sealed: ArraySlice<UInt8>, in context: [UInt8]) -> [UInt8]? {
        let size = sealed.count - Self.overhead
        guard size >= 0, let cipher = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(cipher) }
        let nonce = Array(sealed.prefix(Self.nonce))
        let body = sealed.dropFirst(Self.nonce).dropLast(Self.tag)
        var tag = Array(sealed.suffix(Self.tag)), nothing: UInt8 = 0
        var plain = [UInt8](repeating: 0, count: size), count: Int32 = 0
        let isOpen = plain.withUnsafeMutableBufferPointer { plain in
            secret.withBytes { key in
                EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, Self.start(key), nonce) == 1
            } && EVP_DecryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1
                && Self.each(of: body) { EVP_DecryptUpdate(cipher, plain.baseAddress, &count, $0, $1) == 1 }
                && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tag), &tag) == 1
                && EVP_DecryptFinal_ex(cipher, &nothing, &count) == 1
        }
        return isOpen ? plain : nil
    }

    private static func start(_ key: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        key.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }

    /// Gives bytes to a cipher, at once; of none it is not asked, for a pointer to nothing would mean something else.
    private static func each(
        of bytes: ArraySlice<UInt8>,
        _ take: (UnsafePointer<UInt8>, Int32) -> Bool
    ) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard let count = Int32(exactly: bytes.count) else { return false }
        return bytes.withUnsafeBufferPointer { $0.baseAddress.map { take($0, count) } ?? false }
    }
}
