// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// The signatures that lie beside an image in its registry, under cosign's tag.
public struct RegistrySignatures: SignatureSource {
    private let registry: RegistryClient
    private let scope: TransferScope

    /// Asks the registry of the repository, or its mirrors.
    public init(_ registry: RegistryClient, in scope: TransferScope = TransferScope()) {
        self.registry = registry
        self.scope = scope
    }

    /// What the tag points to; a registry that says there is none gives nothing, one that says nothing throws.
    public func signatureManifests(of digest: Digest, in repository: Reference) throws(ImageError)
        -> [[UInt8]]
    {
        do throws(ImageError) {
            return [try registry.document(repository.signatures(of: digest), in: scope).bytes]
        } catch {
            guard error.cause == .absent else { throw error }
            return []
        }
    }

    /// A payload.
    public func signaturePayload(_ content: ContentDescriptor, in repository: Reference) throws(ImageError)
        -> [UInt8]
    {
        try registry.blob(content, of: repository, in: scope).bytes
    }
}
