// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// A public key that signatures are checked with, by libcrypto.
public struct VerifyingKey: Hashable, Sendable {
    /// What kind of key.
    public enum Kind: Hashable, Sendable {
        /// Ed25519 (RFC 8032).
        case ed25519
        /// ECDSA on the curve P-256.
        case ecdsaP256
        /// ECDSA on the curve P-384.
        case ecdsaP384
        /// RSA with a modulus of so many bits.
        case rsa(bits: Int)
    }

    /// Why bytes are not such a key.
    public enum Fault: Error, Sendable {
        /// They are no key in its one canonical form.
        case malformed
        /// It is of another kind.
        case unsupported
        /// A point on a curve is not written in full.
        case compressed
    }

    /// What kind.
    public let kind: Kind
    /// SubjectPublicKeyInfo in DER (RFC 5280, section 4.1).
    public let der: [UInt8]

    /// Reads a SubjectPublicKeyInfo in DER.
    public init(der: [UInt8]) throws(Fault) {
        guard let key = Self.parse(der) else { throw .malformed }
        defer { EVP_PKEY_free(key) }
        guard let kind = Self.kind(of: key) else { throw .unsupported }
        // SEC 1, section 2.3.3: its other forms would be the same key.
        let point = [.ecdsaP256: 65, .ecdsaP384: 97][kind] ?? 0
        guard point == 0 || (der.count > point && der[der.count - point] == 4) else { throw .compressed }
        self.kind = kind
        self.der = der
    }

    /// Whether a signature over a payload is by this key.
    ///
    /// - Parameters:
    ///   - signature: In DER for ECDSA, the bare bytes otherwise.
    ///   - payload: What was signed.
    ///   - hash: What of the payload was signed; Ed25519 signs the payload itself.
    ///   - isPSS: For RSA: RSASSA-PSS with a salt of any length, and not RSASSA-PKCS1-v1_5 (RFC 8017).
    /// - Returns: Whether it is; a signature that is damaged is not.
    public func verifies(
        _ signature: [UInt8],
        of payload: [UInt8],
        hash: HashFunction,
        isPSS: Bool = false
    ) -> Bool {
        guard let key = Self.parse(der), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        var details: OpaquePointer?
        let function = kind == .ed25519 ? nil : hash.function
        guard EVP_DigestVerifyInit(context, &details, function, nil, key) == 1 else { return false }
        if isPSS {
            guard EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_AUTO) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, payload, payload.count) == 1
    }

    /// The key, if all bytes are its one canonical form; the caller frees it.
    private static func parse(_ der: [UInt8]) -> OpaquePointer? {
        let key = der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            return d2i_PUBKEY(nil, &place, buffer.count)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        var written: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key, &written)
        defer { CRYPTO_free(written, nil, 0) }
        guard count == der.count, UnsafeBufferPointer(start: written, count: der.count).elementsEqual(der)
        else {
            EVP_PKEY_free(key)
            ERR_clear_error()
            return nil
        }
        return key
    }

    private static func kind(of key: OpaquePointer) -> Kind? {
        if EVP_PKEY_is_a(key, "ED25519") == 1 { return .ed25519 }
        if EVP_PKEY_is_a(key, "RSA") == 1 { return .rsa(bits: Int(EVP_PKEY_get_bits(key))) }
        guard EVP_PKEY_is_a(key, "EC") == 1 else { return nil }
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return nil }
        switch String(decoding: name.prefix(count).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) {
        case "prime256v1": return .ecdsaP256
        case "secp384r1": return .ecdsaP384
        default: return nil
        }
    }
}
