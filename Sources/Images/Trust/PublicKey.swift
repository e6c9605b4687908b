// SPDX-License-Identifier: Apache-2.0
internal import CCrypto
internal import Glibc
internal import Linux

/// A public key that signatures of images are checked with.
public struct PublicKey: Hashable, Sendable {
    /// How it signs.
    public let algorithm: Algorithm
    /// The SHA-256 of its SubjectPublicKeyInfo, by which people tell it from others.
    public let fingerprint: Digest

    /// SubjectPublicKeyInfo in DER (RFC 5280, section 4.1).
    private let der: [UInt8]

    private static let maximumBytes = 64 << 10
    private static let sizes = 2048...8192

    /// Reads a PEM file that holds one public key, as `cosign generate-key-pair` writes `cosign.pub`.
    ///
    /// The file must be one that nobody but its owner, root or us, can write to.
    /// - Parameters:
    ///   - path: The file.
    ///   - algorithm: What the key must be; nil takes what it is, and PKCS #1 v1.5 for an RSA key.
    /// - Throws: `ImageError` with the remedy.
    public init(file path: String, algorithm: Algorithm? = nil) throws(ImageError) {
        let file = try attempt("read key", path) { () throws(LinuxError) in
            try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        }
        let status = try attempt("read key", path) { () throws(LinuxError) in try file.status() }
        guard status.kind == .file else {
            throw ImageError("read key", path, .malformed("not a plain file: name a PEM file"))
        }
        guard status.uid == 0 || status.uid == geteuid(), status.mode & 0o022 == 0 else {
            throw ImageError(
                "read key",
                path,
                .malformed("others can write to it: give it to root, and take their right with chmod go-w")
            )
        }
        guard status.size <= Self.maximumBytes else {
            throw ImageError(
                "read key",
                path,
                .limit("larger than \(Self.maximumBytes) bytes: name a PEM file")
            )
        }
        let bytes = try attempt("read key", path) { () throws(LinuxError) in
            try file.readAll(limit: Self.maximumBytes)
        }
        try self.init(pem: bytes, subject: path, algorithm: algorithm)
    }

    /// Reads a key from the text of a PEM file.
    init(pem: [UInt8], subject: String, algorithm: Algorithm? = nil) throws(ImageError) {
        func malformed(_ why: String) -> ImageError { ImageError("read key", subject, .malformed(why)) }
        var lines = pem.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count >= 3, lines[0].elementsEqual("-----BEGIN PUBLIC KEY-----".utf8),
            lines[lines.count - 1].elementsEqual("-----END PUBLIC KEY-----".utf8)
        else {
            let isPrivate = String(decoding: lines.first ?? [], as: UTF8.self).contains("PRIVATE KEY")
            throw malformed(
                isPrivate
                    ? "holds a private key, which has no place here: name the public one"
                    : "not one public key in PEM: make one with `openssl pkey -pubout` or `cosign public-key`"
            )
        }
        guard let der = Base64.decode(lines.dropFirst().dropLast().joined()) else {
            throw malformed("what is between its first and its last line is not base64: copy the key anew")
        }
        guard let key = Self.parse(der) else {
            throw malformed("not a SubjectPublicKeyInfo in DER: copy the key anew")
        }
        defer { EVP_PKEY_free(key) }
        guard let own = Self.algorithm(of: key) else {
            throw ImageError(
                "read key",
                subject,
                .unsupported(
                    "neither ECDSA on P-256 or P-384, nor Ed25519, nor RSA of "
                        + "\(Self.sizes.lowerBound) to \(Self.sizes.upperBound) bits: sign with such a key"
                )
            )
        }
        guard Self.isPlain(der, own) else {
            throw ImageError(
                "read key",
                subject,
                .unsupported("its point is compressed: write it with `openssl ec -conv_form uncompressed`")
            )
        }
        let isFitting = algorithm == nil || algorithm == own || (algorithm == .rsaPSS && own == .rsaPKCS1)
        guard isFitting else {
            throw ImageError(
                "read key",
                subject,
                .mismatch(
                    expected: "a key for \(algorithm?.rawValue ?? "")",
                    found: "one for \(own.rawValue): name another key, or change 'algorithm'"
                )
            )
        }
        self.algorithm = algorithm ?? own
        self.der = der
        fingerprint = Digest(of: der)
    }

    /// Whether a signature over a payload is by this key.
    func verifies(_ signature: [UInt8], of payload: [UInt8]) -> Bool {
        guard let key = Self.parse(der), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        var details: OpaquePointer?
        let hash: OpaquePointer? = algorithm == .ed25519 ? nil : EVP_sha256()
        guard EVP_DigestVerifyInit(context, &details, hash, nil, key) == 1 else { return false }
        if algorithm == .rsaPSS {
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

    /// Whether a point on a curve is written in full (SEC 1, section 2.3.3): its other forms would be the same key.
    private static func isPlain(_ der: [UInt8], _ algorithm: Algorithm) -> Bool {
        let length = [.ecdsaP256: 65, .ecdsaP384: 97][algorithm] ?? 0
        return length == 0 || (der.count > length && der[der.count - length] == 4)
    }

    private static func algorithm(of key: OpaquePointer) -> Algorithm? {
        if EVP_PKEY_is_a(key, "ED25519") == 1 { return .ed25519 }
        if EVP_PKEY_is_a(key, "RSA") == 1 {
            return sizes.contains(Int(EVP_PKEY_get_bits(key))) ? .rsaPKCS1 : nil
        }
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
