// SPDX-License-Identifier: Apache-2.0

/// The signatures of an image as they were found: documents, nothing of them believed.
public struct SignatureMaterial: Sendable, Equatable {
    /// A manifest of signatures with the payloads that it points to.
    struct Found: Sendable, Equatable {
        let manifest: [UInt8]
        let payloads: [[UInt8]]
    }

    /// Bytes of all documents together.
    static let maximumBytes = 2 << 20

    private(set) var found: [Found] = []
    private var seen: Set<Digest> = []
    private(set) var byteCount = 0

    /// Nothing yet.
    public init() {}

    /// What was found before.
    init(_ found: [Found]) throws(ImageError) {
        for item in found { try add(item) }
    }

    /// Fetches the signatures of all digests that stand for an image.
    public init(for subject: TrustSubject, from source: any SignatureSource) throws(ImageError) {
        var count = 0
        for digest in try subject.digests() {
            for manifest in try source.signatureManifests(of: digest, in: subject.reference)
            where !seen.contains(Digest(of: manifest)) {
                let signatures = try SignatureManifest(manifest, subject: digest.description).signatures
                count += signatures.count
                guard count <= SignatureManifest.maximumSignatures else {
                    throw ImageError(
                        "read signatures",
                        digest.description,
                        .limit("more than \(SignatureManifest.maximumSignatures) signatures")
                    )
                }
                var payloads: [[UInt8]] = []
                for content in signatures.map(\.payload) {
                    guard content.size <= SignatureManifest.maximumPayload else {
                        throw ImageError(
                            "read payload",
                            content.digest.description,
                            .limit("larger than \(SignatureManifest.maximumPayload) bytes")
                        )
                    }
                    payloads.append(try source.signaturePayload(content, in: subject.reference))
                }
                try add(manifest, payloads: payloads)
            }
        }
    }

    /// Adds a manifest of signatures with the payloads of `SignatureManifest.signatures`, in their order.
    ///
    /// Throws when that is more than can be an honest image's.
    public mutating func add(_ manifest: [UInt8], payloads: [[UInt8]]) throws(ImageError) {
        try add(Found(manifest: manifest, payloads: payloads))
    }

    private mutating func add(_ item: Found) throws(ImageError) {
        let digest = Digest(of: item.manifest)
        guard seen.insert(digest).inserted else { return }
        byteCount += item.manifest.count + item.payloads.reduce(0) { $0 + $1.count }
        guard byteCount <= Self.maximumBytes else {
            throw ImageError(
                "read signatures",
                digest.description,
                .limit("signatures of more than \(Self.maximumBytes) bytes")
            )
        }
        found.append(item)
    }
}

extension SignatureMaterial: SignatureSource {
    /// All that was found: which digest they are over, their payloads say.
    public func signatureManifests(of digest: Digest, in repository: Reference) throws(ImageError)
        -> [[UInt8]]
    {
        found.map(\.manifest)
    }

    /// A payload that was found.
    public func signaturePayload(_ content: ContentDescriptor, in repository: Reference) throws(ImageError)
        -> [UInt8]
    {
        let payload = found.lazy.flatMap(\.payloads).first {
            $0.count == content.size && Digest(of: $0) == content.digest
        }
        guard let payload else { throw ImageError("read payload", content.digest.description, .absent) }
        return payload
    }
}
