// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux

/// A public key that signatures of images are checked with.
public struct PublicKey: Hashable, Sendable {
    /// How it signs.
    public let algorithm: Algorithm
    /// The SHA-256 of its SubjectPublicKeyInfo, by which people tell it from others.
    public let fingerprint: Digest

    private let key: VerifyingKey

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
        let bytes: [UInt8]
        do throws(KeyFile.Fault) {
            bytes = try KeyFile.read(path, limit: Self.maximumBytes)
        } catch {
            switch error {
            case .system(let error): throw ImageError("read key", path, .system(error))
            case .kind: throw ImageError("read key", path, .malformed("not a plain file: name a PEM file"))
            case .writable: throw ImageError("read key", path, .malformed("\(error)"))
            case .size: throw ImageError("read key", path, .limit("\(error): name a PEM file"))
            }
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
        let key: VerifyingKey
        do throws(VerifyingKey.Fault) {
            key = try VerifyingKey(der: der)
        } catch {
            switch error {
            case .malformed: throw malformed("not a SubjectPublicKeyInfo in DER: copy the key anew")
            case .unsupported: throw Self.unsupported(subject)
            case .compressed:
                throw ImageError(
                    "read key",
                    subject,
                    .unsupported(
                        "its point is compressed: write it with `openssl ec -conv_form uncompressed`"
                    )
                )
            }
        }
        guard let own = Self.algorithm(of: key) else { throw Self.unsupported(subject) }
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
        self.key = key
        fingerprint = Digest(of: der)
    }

    private static func unsupported(_ subject: String) -> ImageError {
        ImageError(
            "read key",
            subject,
            .unsupported(
                "neither ECDSA on P-256 or P-384, nor Ed25519, nor RSA of "
                    + "\(sizes.lowerBound) to \(sizes.upperBound) bits: sign with such a key"
            )
        )
    }

    /// Whether a signature over a payload is by this key.
    func verifies(_ signature: [UInt8], of payload: [UInt8]) -> Bool {
        key.verifies(signature, of: payload, hash: .sha256, isPSS: algorithm == .rsaPSS)
    }

    private static func algorithm(of key: VerifyingKey) -> Algorithm? {
        switch key.kind {
        case .ed25519: .ed25519
        case .ecdsaP256: .ecdsaP256
        case .ecdsaP384: .ecdsaP384
        case .rsa(let bits): sizes.contains(bits) ? .rsaPKCS1 : nil
        }
    }
}
