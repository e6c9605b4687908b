// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

@testable internal import Images

/// A key pair of openssl's, in a workshop: it goes with that.
struct Signer {
    let algorithm: PublicKey.Algorithm
    let path: String
    private let shop: Workshop

    init(_ algorithm: PublicKey.Algorithm = .ecdsaP256, in shop: Workshop) throws {
        let kind =
            switch algorithm {
            case .ecdsaP256: "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
            case .ecdsaP384: "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"
            case .ed25519: "-algorithm ED25519"
            case .rsaPKCS1, .rsaPSS: "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
            }
        try self.init(kind, algorithm, in: shop)
    }

    /// A key of any kind that openssl makes.
    init(_ kind: String, _ algorithm: PublicKey.Algorithm, in shop: Workshop) throws {
        self.algorithm = algorithm
        self.shop = shop
        path = shop.path + "/key-" + String(UInt64.random(in: .min ... .max), radix: 16)
        try Workshop.run("umask 077; openssl genpkey \(kind) -out \(path) 2>/dev/null")
        try Workshop.run("umask 022; openssl pkey -in \(path) -pubout -out \(path).pub")
    }

    /// The public key's file.
    var publicPath: String { path + ".pub" }

    func key() throws -> PublicKey {
        try PublicKey(file: publicPath, algorithm: algorithm == .rsaPSS ? .rsaPSS : nil)
    }

    func sign(_ payload: [UInt8]) throws -> [UInt8] {
        let file = path + ".payload"
        try Descriptor.open(file, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(payload)
        let tool =
            switch algorithm {
            case .ed25519: "pkeyutl -sign -rawin -inkey \(path) -in \(file)"
            case .rsaPSS:
                "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign \(path) \(file)"
            case .ecdsaP256, .ecdsaP384, .rsaPKCS1: "dgst -sha256 -sign \(path) \(file)"
            }
        try Workshop.run("openssl \(tool) >\(path).signature")
        return try Descriptor.open(path + ".signature", O_RDONLY).readAll(limit: 65_536)
    }

    /// What openssl itself says of a signature.
    func accepts(_ signature: [UInt8], of payload: [UInt8]) throws -> Bool {
        let file = path + ".check"
        try Descriptor.open(file, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(payload)
        try Descriptor.open(file + ".signature", O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(signature)
        let said = try Workshop.run(
            "openssl dgst -sha256 -verify \(publicPath) -signature \(file).signature \(file) 2>&1 || true"
        )
        return said.contains("Verified OK")
    }
}
