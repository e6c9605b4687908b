// SPDX-License-Identifier: Apache-2.0

/// The signatures that lie in an image layout beside the images, as `cosign save` writes them.
struct LayoutSignatures: SignatureSource {
    private let layout: any ImageLayout
    private let content: ContentStore
    private let entries: [(manifest: ContentDescriptor, digest: Digest?)]

    /// The most manifests of signatures that are looked at for one digest.
    private static let maximumManifests = 16

    /// Blobs pass through `content`, which checks their digests; what no image needs does not stay there.
    init(_ layout: any ImageLayout, into content: ContentStore) throws(ImageError) {
        self.layout = layout
        self.content = content
        guard let bytes = try layout.document("index.json") else {
            entries = []
            return
        }
        let index = try ImageIndex(bytes, mediaType: MediaType.ociIndex, subject: layout.subject)
        entries = index.manifests.compactMap { entry in
            guard case .signatures(let digest) = LayoutAttachment(entry) else { return nil }
            return (entry, digest)
        }
    }

    func signatureManifests(of digest: Digest, in repository: Reference) throws(ImageError) -> [[UInt8]] {
        // Which image those are for that do not say, their payloads do.
        let found = entries.filter { $0.digest == nil || $0.digest == digest }.map(\.manifest)
        guard found.count <= Self.maximumManifests else {
            throw ImageError(
                "read signatures",
                layout.subject,
                .limit("more than \(Self.maximumManifests) manifests of signatures for one image")
            )
        }
        var manifests: [[UInt8]] = []
        for manifest in found {
            guard manifest.size <= SignatureManifest.maximumBytes else {
                throw ImageError(
                    "read signatures",
                    manifest.digest.description,
                    .limit("larger than \(SignatureManifest.maximumBytes) bytes")
                )
            }
            manifests.append(try blob(manifest))
        }
        return manifests
    }

    func signaturePayload(_ content: ContentDescriptor, in repository: Reference) throws(ImageError)
        -> [UInt8]
    {
        try blob(content)
    }

    private func blob(_ blob: ContentDescriptor) throws(ImageError) -> [UInt8] {
        try layout.fetch(blob, into: content)
        return try content.document(blob)
    }
}
