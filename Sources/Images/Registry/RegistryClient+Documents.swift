// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// Documents of a repository beside its images: signatures, attestations, lists of material.
extension RegistryClient {
    /// The manifest or index that a name points to, whatever it is of.
    ///
    /// One that none of the servers has is `.absent`. Blocks on the network.
    public func document(
        _ reference: Reference,
        in scope: TransferScope = TransferScope()
    ) throws(ImageError) -> RegistryDocument {
        try first(reference, scope) { session throws(RegistryFailure) in
            if let digest = reference.digest { return try session.manifest(digest) }
            return try session.manifest(tag: reference.tag ?? "latest")
        }
    }

    /// A blob of a repository that is small, at most 4 MiB, verified.
    ///
    /// Blocks on the network.
    public func blob(
        _ content: ContentDescriptor,
        of reference: Reference,
        in scope: TransferScope = TransferScope()
    ) throws(ImageError) -> RegistryDocument {
        try first(reference, scope) { session throws(RegistryFailure) in try session.smallBlob(content) }
    }

    /// What refers to a manifest (distribution specification, "Listing Referrers"), by the referrers API with all its
    /// pages, or else the tag that stands in for it.
    ///
    /// It is what the registry says: whoever follows it checks what it finds. Blocks on the network.
    public func referrers(
        of digest: Digest,
        in reference: Reference,
        scope: TransferScope = TransferScope()
    ) throws(ImageError) -> [ContentDescriptor] {
        try first(reference, scope) { session throws(RegistryFailure) in try session.referrers(of: digest) }
    }

    /// The first answer of the servers of a repository.
    func first<Result>(
        _ reference: Reference,
        _ scope: TransferScope,
        _ body: (RegistrySession) throws(RegistryFailure) -> Result
    ) throws(ImageError) -> Result {
        var failures: [ImageError] = []
        for session in try sessions(for: reference, scope: scope) {
            do throws(RegistryFailure) {
                return try body(session)
            } catch {
                failures.append(error.error)
            }
        }
        // The last one has the last word: after mirrors it is the registry itself.
        if let last = failures.last, last.cause == .absent { throw last }
        throw Self.joined(failures, reference.description)
    }
}
