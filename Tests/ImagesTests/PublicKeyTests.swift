// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Testing

@testable internal import Images

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct PublicKeyTests {
    /// Files that are no key of ours: a shell line that makes `bad`, where `key` and `key.pub` are a pair.
    private static let bad: [(line: String, says: String)] = [
        (": >bad", "not one public key in PEM"),
        ("cp key bad", "holds a private key"),
        ("openssl pkey -in key -traditional >bad", "holds a private key"),
        ("openssl req -x509 -key key -subj /CN=x -out bad 2>/dev/null", "not one public key in PEM"),
        ("cat key.pub key.pub >bad", "not base64"),
        ("{ echo '# mine'; cat key.pub; } >bad", "not one public key in PEM"),
        ("{ cat key.pub; echo '# mine'; } >bad", "not one public key in PEM"),
        ("\(der) >bad", "not one public key in PEM"),
        ("sed 's/PUBLIC KEY/PUBLIC  KEY/' key.pub >bad", "not one public key in PEM"),
        ("sed '2s/^M/!/' key.pub >bad", "not base64"),
        ("sed '2s/^/ /' key.pub >bad", "not base64"),
        ("sed '2s/^....//' key.pub >bad", "not a SubjectPublicKeyInfo"),
        ("{ sed 1q key.pub; { \(der); printf abc; } | base64 -w 64; sed -n '$p' key.pub; } >bad", "Subject"),
        ("head -c 65537 /dev/zero >bad", "larger than 65536 bytes"),
        ("ln -s key.pub bad; rm key.pub", "No such file|ENOENT"),
        ("mkdir bad", "not a plain file"),
        ("mkfifo bad", "not a plain file"),
        ("ln -s /dev/zero bad", "not a plain file"),
        ("true", "ENOENT"),
        ("cp key.pub bad; chmod g+w bad", "others can write to it"),
        ("cp key.pub bad; chmod o+w bad", "others can write to it"),
        ("cp key.pub bad; chown 1000 bad", "others can write to it"),
        (pair("EC -pkeyopt ec_paramgen_curve:secp256k1"), "neither ECDSA on P-256"),
        (pair("EC -pkeyopt ec_paramgen_curve:P-521"), "neither ECDSA on P-256"),
        (pair("RSA -pkeyopt rsa_keygen_bits:1024"), "neither ECDSA on P-256"),
        ("openssl ec -in key -pubout -conv_form compressed -out bad 2>/dev/null", "its point is compressed"),
        ("openssl ec -in key -pubout -conv_form hybrid -out bad 2>/dev/null", "its point is compressed"),
        (pair("X25519"), "neither ECDSA on P-256"),
        (pair("ED448"), "neither ECDSA on P-256"),
    ]

    private static let der = "openssl pkey -in key -pubout -outform DER"

    private static func pair(_ kind: String) -> String {
        "openssl genpkey -algorithm \(kind) -out other 2>/dev/null; openssl pkey -in other -pubout -out bad"
    }

    @Test(arguments: bad.indices)
    func `a file that is no public key of ours is refused with what to do`(_ place: Int) throws {
        let (line, says) = Self.bad[place]
        let shop = try Workshop()
        let make = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key"
        try Workshop.run(
            "cd \(shop.path) && umask 022 && \(make) && openssl pkey -in key -pubout -out key.pub && { \(line); }"
        )
        do {
            _ = try PublicKey(file: shop.path + "/bad")
            Issue.record("accepted: \(line)")
        } catch {
            #expect(error.description.hasPrefix("read key \(shop.path)/bad: "), "\(error)")
            #expect(
                says.split(separator: "|").contains { error.description.contains($0) },
                "\(line): \(error)"
            )
        }
    }

    @Test func `a key is of the algorithm that the rule asks for, or refused`() throws {
        let shop = try Workshop()
        for own in [PublicKey.Algorithm.ecdsaP256, .ecdsaP384, .ed25519, .rsaPKCS1] {
            let signer = try Signer(own, in: shop)
            for wanted in PublicKey.Algorithm.allCases {
                let isFine = wanted == own || (own == .rsaPKCS1 && wanted == .rsaPSS)
                let key = try? PublicKey(file: signer.publicPath, algorithm: wanted)
                #expect(key?.algorithm == (isFine ? wanted : nil), "\(own), \(wanted)")
            }
        }
    }

    @Test func `line ends of both kinds are read, and RSA signatures are told apart by their padding`() throws
    {
        let shop = try Workshop()
        let signer = try Signer(.rsaPKCS1, in: shop)
        try Workshop.run(
            "sed 's/$/\\r/' \(signer.publicPath) >\(shop.path)/dos.pub && chmod 644 \(shop.path)/dos.pub"
        )
        let plain = try PublicKey(file: shop.path + "/dos.pub")
        #expect(try plain == signer.key())
        let pss = try PublicKey(file: signer.publicPath, algorithm: .rsaPSS)
        let payload = Array("text".utf8)
        let signature = try signer.sign(payload)
        #expect(plain.verifies(signature, of: payload) && !pss.verifies(signature, of: payload))
        #expect(
            !plain.verifies(signature, of: payload + [0]) && !plain.verifies(signature + [0], of: payload)
        )
    }
}
