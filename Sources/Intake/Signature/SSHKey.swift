// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// A public key as SSH writes it (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4).
struct SSHKey: Hashable, Sendable {
    /// Bits of the modulus of an RSA key.
    static let sizes = 3072...8192

    /// Its type, such as `ssh-ed25519`.
    let type: String
    /// `SHA256:` and base64, as `ssh-keygen -l` prints it.
    let fingerprint: String
    private let key: VerifyingKey

    /// What is wrong with a key, with the remedy.
    struct Fault: Error { let what: String }

    /// Reads a key from its bytes.
    init(_ blob: [UInt8]) throws(Fault) {
        var reader = SSHReader(blob)
        guard let type = reader.name() else { throw Fault(what: "not a public key of SSH") }
        let der: [UInt8]? =
            switch type {
            case "ssh-ed25519": Self.ed25519(&reader)
            case "ecdsa-sha2-nistp256": Self.ecdsa(&reader, "nistp256", 65, Self.p256)
            case "ecdsa-sha2-nistp384": Self.ecdsa(&reader, "nistp384", 97, Self.p384)
            case "ssh-rsa": Self.rsa(&reader)
            default:
                throw Fault(
                    what: "keys of type \(type) are not supported: "
                        + "use ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa"
                )
            }
        guard let der, reader.isAtEnd, let key = try? VerifyingKey(der: der) else {
            throw Fault(what: "its \(type) key is damaged: copy it anew")
        }
        if case .rsa(let bits) = key.kind, !Self.sizes.contains(bits) {
            throw Fault(
                what: "an RSA key of \(bits) bits: use one of "
                    + "\(Self.sizes.lowerBound) to \(Self.sizes.upperBound), or ssh-ed25519"
            )
        }
        self.type = type
        self.key = key
        let hash = Base64.encode(HashFunction.sha256.hash(blob))
        fingerprint = "SHA256:" + hash.prefix { $0 != "=" }
    }

    /// Whether a signature blob (RFC 4253, section 6.6; RFC 8332) over bytes is by this key.
    func verifies(_ blob: [UInt8], of bytes: [UInt8]) throws(Fault) -> Bool {
        var reader = SSHReader(blob)
        guard let algorithm = reader.name(), let signature = reader.string(), reader.isAtEnd else {
            return false
        }
        let wanted = type == "ssh-rsa" ? "rsa-sha2-512" : type
        guard algorithm == wanted else {
            throw Fault(what: "signed by \(algorithm) with a key of type \(type): \(wanted) is taken")
        }
        switch key.kind {
        case .ed25519, .rsa: return key.verifies(signature, of: bytes, hash: .sha512)
        case .ecdsaP256:
            return Self.pair(signature).map { key.verifies($0, of: bytes, hash: .sha256) } ?? false
        case .ecdsaP384:
            return Self.pair(signature).map { key.verifies($0, of: bytes, hash: .sha384) } ?? false
        }
    }

    /// The two numbers of an ECDSA signature (RFC 5656, section 3.1.2) as DER has them.
    private static func pair(_ bytes: [UInt8]) -> [UInt8]? {
        var reader = SSHReader(bytes)
        guard let r = reader.positive(), let s = reader.positive(), reader.isAtEnd else { return nil }
        return DER.sequence(DER.integer(r), DER.integer(s))
    }

    // The beginnings of SubjectPublicKeyInfo: RFC 8410, RFC 5480, RFC 3279.
    private static let p256: [UInt8] = [
        0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
        0x01, 0x07,
    ]
    private static let p384: [UInt8] = [
        0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22,
    ]
    private static let rsaEncryption: [UInt8] = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]

    private static func ed25519(_ reader: inout SSHReader) -> [UInt8]? {
        guard let point = reader.string(), point.count == 32 else { return nil }
        return DER.sequence(DER.sequence([0x06, 0x03, 0x2B, 0x65, 0x70]), DER.bits(point))
    }

    private static func ecdsa(_ reader: inout SSHReader, _ curve: String, _ count: Int, _ prefix: [UInt8])
        -> [UInt8]?
    {
        guard reader.name() == curve, let point = reader.string(), point.count == count, point[0] == 4 else {
            return nil
        }
        return DER.sequence(DER.sequence(prefix), DER.bits(point))
    }

    private static func rsa(_ reader: inout SSHReader) -> [UInt8]? {
        guard let exponent = reader.positive(), let modulus = reader.positive(), modulus.count <= 1025 else {
            return nil
        }
        let numbers = DER.sequence(DER.integer(modulus), DER.integer(exponent))
        return DER.sequence(DER.sequence(rsaEncryption), DER.bits(numbers))
    }
}
