// SPDX-License-Identifier: Apache-2.0

/// An image that is to be judged: its name, and what that led to.
public struct TrustSubject: Sendable {
    /// The name by which it is wanted.
    public let reference: Reference
    /// The manifest that would run.
    public let manifest: Digest
    /// The indexes that led from the name to the manifest, the outermost first, as they came.
    public let indexes: [[UInt8]]
    /// The rule that must let it run besides that of its prefix; nil for none.
    public let verify: String?

    /// Describes an image of which only documents need to be here yet.
    public init(
        reference: Reference,
        manifest: Digest,
        indexes: [[UInt8]] = [],
        verify: String? = nil
    ) {
        self.reference = reference
        self.manifest = manifest
        self.indexes = indexes
        self.verify = verify
    }

    /// The digests that stand for it: those of the indexes, and the manifest's.
    ///
    /// Each index must name the next digest, so that a signature over any of them is one over the manifest.
    func digests() throws(ImageError) -> [Digest] {
        let digests = indexes.map { Digest(of: $0) } + [manifest]
        for (index, next) in zip(indexes, digests.dropFirst()) {
            let subject = Digest(of: index).description
            let type = MediaType.named(in: index) ?? MediaType.ociIndex
            let named = try ImageIndex(index, mediaType: type, subject: subject).manifests
            guard named.contains(where: { $0.digest == next }) else {
                throw ImageError("read index", subject, .malformed("it does not name \(next)"))
            }
        }
        return digests
    }
}
