// SPDX-License-Identifier: Apache-2.0

/// The signatures of one image: an image manifest whose layers are signed payloads (cosign, SIGNATURE_SPEC.md).
public struct SignatureManifest: Sendable {
    /// One signature: the payload that it is over, and the signature as it is written.
    public struct Signature: Sendable {
        /// Where the payload is.
        public let payload: ContentDescriptor
        /// Base64, from the annotation.
        let text: String
    }

    /// The largest manifest that is read.
    public static let maximumBytes = 1 << 20
    /// The largest payload that is read.
    public static let maximumPayload = 64 << 10
    static let maximumSignatures = 256
    static let payloadType = "application/vnd.dev.cosign.simplesigning.v1+json"
    static let annotation = "dev.cosignproject.cosign/signature"

    /// What is signed; layers that are no signatures are left out.
    public let signatures: [Signature]

    /// Reads a manifest.
    public init(_ bytes: [UInt8], subject: String) throws(ImageError) {
        func malformed(_ why: String) -> ImageError {
            ImageError("read signatures", subject, .malformed(why))
        }
        guard bytes.count <= Self.maximumBytes else {
            throw ImageError("read signatures", subject, .limit("larger than \(Self.maximumBytes) bytes"))
        }
        let fields = try Document.decode(Fields.self, from: bytes, "read signatures", subject)
        guard fields.schemaVersion == 2 else { throw malformed("schemaVersion is not 2") }
        guard fields.mediaType.map(MediaType.manifests.contains) ?? true else {
            throw ImageError(
                "read signatures",
                subject,
                .mismatch(expected: MediaType.ociManifest, found: fields.mediaType ?? "")
            )
        }
        guard fields.manifests == nil, let layers = fields.layers else {
            throw malformed("lacks 'layers', or has 'manifests' too")
        }
        guard layers.count <= Self.maximumSignatures else {
            throw ImageError("read signatures", subject, .limit("more than \(Self.maximumSignatures) layers"))
        }
        signatures = layers.compactMap { layer in
            guard layer.mediaType == Self.payloadType, let text = layer.annotations[Self.annotation] else {
                return nil
            }
            return Signature(payload: layer, text: text)
        }
    }

    private struct Fields: Decodable {
        var schemaVersion: Int?
        var mediaType: String?
        var layers: [ContentDescriptor]?
        var manifests: Presence?
    }
}
