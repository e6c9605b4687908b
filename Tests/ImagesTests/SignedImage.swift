// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

@testable internal import Images

/// Signatures as cosign writes them, honest ones and others.
struct SignedImage {
    var payload: [UInt8]
    var signature: [UInt8]
    /// The annotation, if it is not just the signature.
    var text: String?
    var payloadType = SignatureManifest.payloadType
    /// What the manifest says of the payload, if it is not the truth.
    var promised: [UInt8]?
    /// The last change to the manifest's text.
    var spoil: (String) -> String = { $0 }
    /// How often the layer stands in the manifest.
    var copies = 1

    /// A payload as cosign writes it.
    static func payload(
        _ digest: Digest,
        reference: String = "registry.test/team/app",
        type: String = "cosign container image signature",
        key: String = "docker-manifest-digest",
        more: String = ""
    ) -> [UInt8] {
        Array(
            #"{"critical":{"identity":{"docker-reference":"\#(reference)"},"image":{"\#(key)":"\#(digest)"},"type":"\#(type)"\#(more)},"optional":null}"#
                .utf8
        )
    }

    init(_ payload: [UInt8], by signer: Signer) throws {
        self.payload = payload
        signature = try signer.sign(payload)
    }

    init(_ digest: Digest, by signer: Signer) throws { try self.init(Self.payload(digest), by: signer) }

    /// The layer that is the payload, with its signature.
    var layer: String {
        let promised = promised ?? payload
        let text = text ?? Data(signature).base64EncodedString()
        return LayoutWriter.pointer(
            payloadType,
            Digest(of: promised).description,
            promised.count,
            #","annotations":{"\#(SignatureManifest.annotation)":"\#(text)"}"#
        )
    }

    var manifest: [UInt8] { Self.manifest(Array(repeating: layer, count: copies), spoil: spoil) }

    /// A manifest of several signatures.
    static func manifest(_ layers: [String], spoil: (String) -> String = { $0 }) -> [UInt8] {
        let config = LayoutWriter.pointer(MediaType.ociConfig, Digest(of: Array("{}".utf8)).description, 2)
        return Array(
            spoil(
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(config),"layers":[\#(layers.joined(separator: ","))]}"#
            ).utf8
        )
    }

    /// As a registry would hand them out.
    var source: FakeSignatures { FakeSignatures(manifests: [manifest], blobs: [payload]) }
}

/// A source that gives what it was told to, whatever is asked for.
struct FakeSignatures: SignatureSource {
    var manifests: [[UInt8]] = []
    var blobs: [[UInt8]] = []
    /// It fails instead.
    var failure: ImageError?
    /// It fails for payloads alone.
    var payloadFailure: ImageError?

    func signatureManifests(of digest: Digest, in repository: Reference) throws(ImageError) -> [[UInt8]] {
        if let failure { throw failure }
        return manifests
    }

    func signaturePayload(_ content: ContentDescriptor, in repository: Reference) throws(ImageError)
        -> [UInt8]
    {
        if let payloadFailure { throw payloadFailure }
        return blobs.first { Digest(of: $0) == content.digest } ?? blobs.first ?? []
    }
}

extension LayoutWriter {
    /// Puts signatures beside the images, as `cosign save` does if `annotations` does not say otherwise.
    mutating func sign(
        _ image: SignedImage,
        annotations: [String: String] = ["kind": "dev.cosignproject.cosign/sigs"]
    ) throws {
        _ = try blob(image.payload)
        _ = try blob(Array("{}".utf8))
        try add(image.manifest, type: MediaType.ociManifest, annotations: annotations)
    }
}

extension TrustPolicy {
    /// One rule for `registry.test/`, and no demand on others.
    static func signed(
        by keys: [PublicKey],
        threshold: Int = 1,
        bindsRepository: Bool = false,
        minimumAge: Duration? = nil
    ) -> TrustPolicy {
        TrustPolicy(
            rules: [
                TrustRule(
                    name: "release",
                    prefixes: ["registry.test/"],
                    keys: keys,
                    threshold: threshold,
                    bindsRepository: bindsRepository,
                    minimumAge: minimumAge
                )
            ],
            fallback: TrustRule(name: "default")
        )
    }
}

/// The refusal in an error, if that is what it is.
func refusal(_ body: () throws -> Void) -> TrustRefusal? {
    do {
        try body()
    } catch let error as ImageError {
        if case .refused(let refusal) = error.cause { return refusal }
    } catch {}
    return nil
}
