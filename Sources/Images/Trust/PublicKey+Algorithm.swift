// SPDX-License-Identifier: Apache-2.0

extension PublicKey {
    /// How a key signs; the word is the one of the node file.
    ///
    /// All but Ed25519, which signs the payload itself, sign its SHA-256.
    public enum Algorithm: String, CaseIterable, Sendable {
        /// ECDSA on the curve P-256, the signature in DER.
        case ecdsaP256 = "ecdsa-p256"
        /// ECDSA on the curve P-384, the signature in DER.
        case ecdsaP384 = "ecdsa-p384"
        /// Ed25519 (RFC 8032).
        case ed25519
        /// RSASSA-PKCS1-v1_5 (RFC 8017).
        case rsaPKCS1 = "rsa-pkcs1v15"
        /// RSASSA-PSS (RFC 8017) with a salt of any length.
        case rsaPSS = "rsa-pss"
    }
}
