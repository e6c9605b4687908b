// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Testing

@testable internal import Images

/// Signatures made by openssl, judged here.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct SignatureTests {
    private let manifest = Array(#"{"schemaVersion":2,"config":{},"layers":[]}"#.utf8)
    private let now: Int64 = 1_800_000_000_000_000_000

    private func judge(
        _ source: any SignatureSource,
        _ policy: TrustPolicy,
        _ shop: Workshop,
        _ name: String = "registry.test/team/app:1"
    ) throws -> TrustVerdict {
        try policy.judge(
            TrustSubject(reference: Reference(name), manifest: Digest(of: manifest)),
            by: source,
            in: shop.store(),
            at: .pulling,
            now: now
        )
    }

    @Test(arguments: PublicKey.Algorithm.allCases)
    func `a signature by a key of the rule is taken, and the verdict says whose it is`(
        _ algorithm: PublicKey.Algorithm
    ) throws {
        let shop = try Workshop()
        let signer = try Signer(algorithm, in: shop)
        let key = try signer.key()
        #expect(key.algorithm == algorithm)
        let hex = try Workshop.run(
            "openssl pkey -pubin -in \(signer.publicPath) -outform DER | sha256sum | cut -c1-64 | tr -d '\\n'"
        )
        #expect(key.fingerprint.hex == hex)
        let image = try SignedImage(Digest(of: manifest), by: signer)
        let policy = TrustPolicy.signed(by: [key])
        let verdict = try judge(image.source, policy, shop)
        #expect(verdict.rule == "release" && verdict.keys == [key.fingerprint])
        #expect(verdict.digest == Digest(of: manifest) && verdict.signed == Digest(of: manifest))
        #expect(verdict.judgedAt == now)
        #expect(try shop.store().verdict(on: verdict.digest) == verdict)
        // Another rule's image is none of its business, and one without a signature passes there.
        #expect(try judge(FakeSignatures(), policy, shop, "other.test/app:1").rule == "default")
    }

    @Test func `the corpus is as long as it was`() { #expect(ForgedSignature.all.count == 50) }

    @Test(arguments: ForgedSignature.all)
    func `what is not a signature over the image by a key of the rule is refused`(_ forged: ForgedSignature)
        throws
    {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        let source = try forged.make(signer, Digest(of: manifest), shop)
        let refusal = refusal { _ = try judge(source, policy, shop) }
        #expect(
            refusal?.rule == "release" && refusal?.remedy.isEmpty == false,
            "\(String(describing: refusal))"
        )
        let says = forged.says.split(separator: "|")
        #expect(says.contains { refusal?.why.contains($0) == true }, "\(String(describing: refusal))")
        #expect(try shop.store().verdict(on: Digest(of: manifest)) == nil)
        // The refusal is no word against the image.
        let good = try SignedImage(Digest(of: manifest), by: signer)
        #expect(try judge(good.source, policy, shop).keys == [try signer.key().fingerprint])
    }

    @Test func `a good signature counts whatever stands beside it`() throws {
        let shop = try Workshop()
        let (signer, stranger) = (try Signer(in: shop), try Signer(in: shop))
        let digest = Digest(of: manifest)
        let good = try SignedImage(digest, by: signer)
        var broken = try SignedImage(digest, by: signer)
        broken.text = "?"
        let foreign = try SignedImage(SignedImage.payload(digest, more: ""), by: stranger)
        for layers in [
            [good.layer, broken.layer, foreign.layer], [broken.layer, foreign.layer, good.layer],
        ] {
            let source = FakeSignatures(manifests: [SignedImage.manifest(layers)], blobs: [good.payload])
            #expect(
                try judge(source, .signed(by: [signer.key()]), shop).keys == [signer.key().fingerprint]
            )
        }
    }

    @Test func `as many keys must have signed as the rule says, each counted once`() throws {
        let shop = try Workshop()
        let signers = try [Signer(in: shop), Signer(.ed25519, in: shop), Signer(.rsaPKCS1, in: shop)]
        let keys = try signers.map { try $0.key() }
        let images = try signers.map { try SignedImage(Digest(of: manifest), by: $0) }
        func source(_ places: [Int]) -> FakeSignatures {
            FakeSignatures(
                manifests: [SignedImage.manifest(places.map { images[$0].layer })],
                blobs: images.map(\.payload)
            )
        }
        let policy = TrustPolicy.signed(by: keys, threshold: 2)
        for places in [[0], [1], [0, 0], [2, 2, 2]] {
            let refusal = refusal { _ = try judge(source(places), policy, shop) }
            #expect(refusal?.why == "1 of its keys have signed it, and 2 must", "\(places)")
        }
        for places in [[0, 1], [1, 2], [0, 1, 2]] {
            let verdict = try judge(source(places), policy, shop)
            #expect(Set(verdict.keys) == Set(places.map { keys[$0].fingerprint }), "\(places)")
        }
    }

    @Test func `a rule that binds the repository refuses a signature for another one`() throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let bound = TrustPolicy.signed(by: [try signer.key()], bindsRepository: true)
        for (reference, isRight) in [
            ("registry.test/team/app", true), ("registry.test/team/app:7", true),
            ("registry.test/team/ap", false),
            ("team/app", false), ("", false), ("../app", false),
        ] {
            let payload = SignedImage.payload(Digest(of: manifest), reference: reference)
            let source = try SignedImage(payload, by: signer).source
            let refusal = refusal { _ = try judge(source, bound, shop) }
            #expect((refusal == nil) == isRight, "\(reference): \(String(describing: refusal))")
            #expect(isRight || refusal?.why.contains("another repository") == true)
            _ = try judge(source, .signed(by: [signer.key()]), shop)
        }
    }

    @Test func `of a signature and its mirror both get openssl's verdict`() throws {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let key = try signer.key()
        var image = try SignedImage(Digest(of: manifest), by: signer)
        let numbers = try #require(DER.numbers(image.signature))
        let mirrored = DER.signature(numbers.0, DER.mirror(numbers.1))
        #expect(mirrored != image.signature)
        for signature in [
            image.signature, mirrored, DER.signature(numbers.1, numbers.0),
            DER.signature(numbers.0, numbers.0),
        ] {
            image.signature = signature
            let own = key.verifies(signature, of: image.payload)
            #expect(try own == signer.accepts(signature, of: image.payload))
            let refusal = refusal { _ = try judge(image.source, .signed(by: [key]), shop) }
            #expect((refusal == nil) == own)
        }
    }

    @Test func `a signature over the index is one over the manifest that it names, and over no other`() throws
    {
        let shop = try Workshop()
        let signer = try Signer(in: shop)
        let policy = TrustPolicy.signed(by: [try signer.key()])
        func index(_ digest: Digest, _ size: Int, _ type: String = MediaType.ociManifest) -> [UInt8] {
            Array(
                #"{"schemaVersion":2,"manifests":[\#(LayoutWriter.pointer(type, "\(digest)", size))]}"#.utf8
            )
        }
        let inner = index(Digest(of: manifest), manifest.count)
        let outer = index(Digest(of: inner), inner.count, MediaType.ociIndex)
        func judge(_ signed: [UInt8], _ indexes: [[UInt8]], _ manifest: [UInt8]) throws -> TrustVerdict {
            try policy.judge(
                TrustSubject(
                    reference: Reference("registry.test/app:1"),
                    manifest: Digest(of: manifest),
                    indexes: indexes
                ),
                by: try SignedImage(Digest(of: signed), by: signer).source,
                in: shop.store(),
                at: .pulling
            )
        }
        for signed in [outer, inner, manifest] {
            #expect(try judge(signed, [outer, inner], manifest).signed == Digest(of: signed))
        }
        let swapped = Array("{}".utf8)
        for (signed, indexes, run) in [
            (outer, [outer, inner], swapped), (inner, [inner], swapped), (outer, [outer], manifest),
            (inner, [inner, outer], manifest), (outer, [inner], manifest), (outer, [[0x7B]], manifest),
        ] as [([UInt8], [[UInt8]], [UInt8])] {
            let refusal = refusal { _ = try judge(signed, indexes, run) }
            #expect(refusal?.rule == "release", "\(String(describing: refusal))")
        }
    }

    @Test(arguments: PublicKey.Algorithm.allCases)
    func `no bit of payload, signature, manifest or key can be flipped`(_ algorithm: PublicKey.Algorithm)
        throws
    {
        let shop = try Workshop()
        let signer = try Signer(algorithm, in: shop)
        let key = try signer.key()
        let reference = try Reference("registry.test/team/app:1")
        let image = try SignedImage(Digest(of: manifest), by: signer)
        func isTaken(_ image: SignedImage, _ key: PublicKey, _ manifest: [UInt8]) -> Bool {
            let rule = TrustRule(name: "release", keys: [key])
            var material = SignatureMaterial()
            do {
                try material.add(image.manifest, payloads: [image.payload])
                return try !rule.signers(of: reference, [Digest(of: manifest)], material).keys.isEmpty
            } catch {
                return false
            }
        }
        #expect(isTaken(image, key, manifest))
        // Every bit where that is quick, some of an RSA key's many.
        let step = [.rsaPKCS1, .rsaPSS].contains(algorithm) ? 13 : 1
        func flips(_ bytes: [UInt8], _ isTaken: ([UInt8]) -> Bool) -> [Int] {
            stride(from: 0, to: bytes.count * 8, by: step).filter { bit in
                var bytes = bytes
                bytes[bit / 8] ^= 1 << (bit % 8)
                return isTaken(bytes)
            }
        }
        #expect(
            flips(image.payload) { payload in
                var flipped = image
                flipped.payload = payload
                return isTaken(flipped, key, manifest)
            } == []
        )
        #expect(
            flips(image.signature) { signature in
                var flipped = image
                flipped.signature = signature
                return isTaken(flipped, key, manifest)
            } == []
        )
        let text = Array(Data(image.signature).base64EncodedString().utf8)
        #expect(
            flips(text) { text in
                var flipped = image
                guard let text = String(validating: text, as: UTF8.self) else { return false }
                flipped.text = text
                return isTaken(flipped, key, manifest)
            } == []
        )
        #expect(flips(manifest) { isTaken(image, key, $0) } == [])
        let pem = try shop.read(String(signer.publicPath.dropFirst(shop.path.count + 1)))
        #expect(
            flips(pem) { pem in
                let flipped = try? PublicKey(
                    pem: pem,
                    subject: "key",
                    algorithm: algorithm == .rsaPSS ? .rsaPSS : nil
                )
                return flipped.map { isTaken(image, $0, manifest) } ?? false
            } == []
        )
    }
}

/// The two numbers of an ECDSA signature on P-256, as 32 bytes each.
private enum DER {
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC,
        0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    static func numbers(_ signature: [UInt8]) -> ([UInt8], [UInt8])? {
        guard signature.count > 8, signature[0] == 0x30, signature[2] == 2 else { return nil }
        let r = signature.dropFirst(4).prefix(Int(signature[3]))
        let rest = signature.dropFirst(4 + r.count)
        guard rest.first == 2 else { return nil }
        func padded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            let bytes = bytes.drop { $0 == 0 }
            return Array(repeating: 0, count: 32 - bytes.count) + bytes
        }
        return (padded(r), padded(rest.dropFirst(2)))
    }

    /// The order of the curve less a number.
    static func mirror(_ number: [UInt8]) -> [UInt8] {
        var borrow = 0
        return zip(order, number).reversed().map { minuend, subtrahend -> UInt8 in
            let difference = Int(minuend) - Int(subtrahend) - borrow
            borrow = difference < 0 ? 1 : 0
            return UInt8(truncatingIfNeeded: difference)
        }.reversed()
    }

    static func signature(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
        func integer(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = Array(bytes.drop { $0 == 0 })
            if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
            return [2, UInt8(bytes.count)] + bytes
        }
        let body = integer(r) + integer(s)
        return [0x30, UInt8(body.count)] + body
    }
}
