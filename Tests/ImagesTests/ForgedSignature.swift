// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Images

/// Signatures that must not be taken for one of the rule's key, and what the refusal says.
struct ForgedSignature: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let says: String
    let make: @Sendable (Signer, Digest, Workshop) throws -> FakeSignatures

    init(
        _ name: String,
        _ says: String,
        _ make: @escaping @Sendable (Signer, Digest, Workshop) throws -> FakeSignatures
    ) {
        testDescription = name
        self.says = says
        self.make = make
    }

    /// The right signature with one change.
    private static func spoilt(
        _ name: String,
        _ says: String,
        _ change: @escaping @Sendable (inout SignedImage) -> Void
    ) -> ForgedSignature {
        ForgedSignature(name, says) { signer, digest, _ in
            var image = try SignedImage(digest, by: signer)
            change(&image)
            return image.source
        }
    }

    /// A payload that is signed by the right key, and wrong.
    private static func saying(
        _ name: String,
        _ says: String,
        _ payload: @escaping @Sendable (Digest) -> [UInt8]
    ) -> ForgedSignature {
        ForgedSignature(name, says) { signer, digest, _ in try SignedImage(payload(digest), by: signer).source
        }
    }

    private static let other = Digest(of: Array("another image".utf8))

    static let all: [ForgedSignature] = signatures + payloads + manifests + sources

    private static let signatures = [
        ForgedSignature("another key", "by no key of the rule") { _, digest, shop in
            try SignedImage(digest, by: Signer(in: shop)).source
        },
        ForgedSignature("a P-384 key for a P-256 rule", "by no key of the rule") { _, digest, shop in
            try SignedImage(digest, by: Signer(.ecdsaP384, in: shop)).source
        },
        ForgedSignature("an Ed25519 key for a P-256 rule", "by no key of the rule") { _, digest, shop in
            try SignedImage(digest, by: Signer(.ed25519, in: shop)).source
        },
        spoilt("DER with a trailing byte", "by no key of the rule") { $0.signature.append(0) },
        spoilt("DER cut short", "by no key of the rule") { $0.signature.removeLast() },
        spoilt("DER with a long length", "by no key of the rule") {
            $0.signature.insert(0x81, at: 1)
        },
        spoilt("an empty signature", "by no key of the rule") { $0.signature = [] },
        spoilt("zeros for r and s", "by no key of the rule") { $0.signature = [0x30, 6, 2, 1, 0, 2, 1, 0] },
        spoilt("text that is not base64", "not base64") { $0.text = "no base64!" },
        spoilt("base64 with a line break", "not base64") { image in
            let text = image.layer.firstMatch(of: /signature":"([^"]*)"/).map { String($0.1) } ?? ""
            image.text = "\(text.prefix(8))\\n\(text.dropFirst(8))"
        },
        ForgedSignature("a signature over the manifest, not the payload", "by no key of the rule") {
            signer,
            digest,
            _ in
            var image = try SignedImage(digest, by: signer)
            image.signature = try signer.sign(image.manifest)
            return image.source
        },
        ForgedSignature("a signature over the payload's digest", "by no key of the rule") {
            signer,
            digest,
            _ in
            var image = try SignedImage(digest, by: signer)
            image.signature = try signer.sign(Array(Digest(of: image.payload).description.utf8))
            return image.source
        },
    ]

    private static let payloads = [
        saying("another image", "over another image") { _ in SignedImage.payload(other) },
        saying("another type", "critical.type") {
            SignedImage.payload($0, type: "atomic container signature")
        },
        saying("the digest under a capital letter", "docker-manifest-digest") {
            SignedImage.payload($0, key: "Docker-manifest-digest")
        },
        saying("an upper-case digest", "not 64 lower-case") { digest in
            Array(
                String(decoding: SignedImage.payload(digest), as: UTF8.self).replacing(
                    digest.hex,
                    with: digest.hex.uppercased()
                ).utf8
            )
        },
        saying("two digests under one name", "is given twice") {
            SignedImage.payload($0, key: "docker-manifest-digest\":\"\(other)\",\"docker-manifest-digest")
        },
        saying("two digests under names that are the same once read", "is given twice") {
            SignedImage.payload(
                $0,
                key: "docker-manifest-diges\\u0074\":\"\(other)\",\"docker-manifest-digest"
            )
        },
        saying("two digests in one image", "docker-manifest-digest") {
            SignedImage.payload($0, key: "sha512\":\"\(other)\",\"docker-manifest-digest")
        },
        saying("a critical member that nobody knows", "not known") {
            SignedImage.payload($0, more: #","until":"2030""#)
        },
        saying("an identity that nobody knows", "not known") {
            SignedImage.payload($0, reference: #"a","host":"b"#)
        },
        saying("no critical part", "lacks critical") { _ in Array(#"{"optional":null}"#.utf8) },
        saying("a list", "wrong type") { _ in Array("[]".utf8) },
        saying("nothing", "JSON") { _ in [] },
        saying("bytes after the end", "JSON") { SignedImage.payload($0) + Array("{}".utf8) },
        saying("UTF-16", "NUL") { digest in SignedImage.payload(digest).flatMap { [$0, 0] } },
        saying("lists in lists", "nested deeper") { _ in Array(repeating: UInt8(ascii: "["), count: 10_000) },
        spoilt("a payload that was changed, as its manifest says", "by no key of the rule") { image in
            image.payload[20] ^= 1
        },
        spoilt("a payload that was changed, and its manifest does not know", "another one than its manifest")
        {
            image in
            image.promised = image.payload
            image.payload[20] ^= 1
        },
        spoilt("a payload with a byte more", "another one than its manifest") { image in
            image.promised = image.payload
            image.payload.append(0x20)
        },
    ]

    private static let manifests = [
        ForgedSignature("no signature in the manifest", "has no signature") { _, _, _ in
            FakeSignatures(manifests: [SignedImage.manifest([])])
        },
        spoilt("a layer of another type", "has no signature") { $0.payloadType = MediaType.ociLayer },
        spoilt("a layer without the annotation", "has no signature") {
            $0.spoil = { $0.replacing(SignatureManifest.annotation, with: "signature") }
        },
        spoilt("a manifest of 1 MiB and a byte", "larger than 1048576") { image in
            let count = image.manifest.count
            image.spoil = { $0 + String(repeating: " ", count: (1 << 20) + 1 - count) }
        },
        spoilt("10,000 layers", "larger than|more than 256") { $0.copies = 10_000 },
        spoilt("257 layers", "more than 256") { $0.copies = 257 },
        ForgedSignature("257 layers in two manifests", "more than 256") { signer, digest, _ in
            var one = try SignedImage(digest, by: signer)
            one.copies = 200
            var two = one
            two.copies = 57
            return FakeSignatures(manifests: [one.manifest, two.manifest], blobs: [one.payload])
        },
        spoilt("a payload that is said to be huge", "larger than 65536") { image in
            let size = "\"size\":\(image.payload.count)"
            image.spoil = { $0.replacing(size, with: "\"size\":65537") }
        },
        spoilt("a negative size", "negative") { image in
            let size = "\"size\":\(image.payload.count)"
            image.spoil = { $0.replacing(size, with: "\"size\":-1") }
        },
        spoilt("an index that has layers", "has 'manifests' too") {
            $0.spoil = { $0.replacing("\"layers\"", with: "\"manifests\":[],\"layers\"") }
        },
        spoilt("another schema version", "schemaVersion") {
            $0.spoil = { $0.replacing("\"schemaVersion\":2", with: "\"schemaVersion\":1") }
        },
        spoilt("another media type", "expected application/vnd.oci.image.manifest") {
            $0.spoil = { $0.replacing(MediaType.ociManifest, with: MediaType.ociIndex) }
        },
        spoilt("layers given twice", "given twice") {
            $0.spoil = { $0.replacing("\"layers\"", with: "\"layers\":[],\"layers\"") }
        },
        spoilt("a manifest cut short", "JSON|does not end") { $0.spoil = { String($0.dropLast(3)) } },
        ForgedSignature("no JSON at all", "JSON") { _, _, _ in FakeSignatures(manifests: [[0xFF, 0xFE]]) },
    ]

    private static let sources = [
        ForgedSignature("no manifest of signatures", "has no signature") { _, _, _ in FakeSignatures() },
        ForgedSignature("a registry that answers 500", "the registry answers 500") { _, _, _ in
            FakeSignatures(failure: ImageError("fetch", "signatures", .malformed("the registry answers 500")))
        },
        ForgedSignature("a registry that does not answer", "timed out") { _, _, _ in
            FakeSignatures(failure: ImageError("fetch", "signatures", .malformed("timed out")))
        },
        ForgedSignature("a payload that is gone", "not found") { signer, digest, _ in
            var source = try SignedImage(digest, by: signer).source
            source.payloadFailure = ImageError("fetch", "payload", .absent)
            return source
        },
        ForgedSignature("signatures of more than 2 MiB", "of more than 2097152 bytes") { _, _, _ in
            FakeSignatures(
                manifests: (0..<3).map { number in
                    SignedImage.manifest([]) {
                        $0 + String(repeating: " ", count: (1 << 20) - 1000 + number)
                    }
                }
            )
        },
    ]
}
