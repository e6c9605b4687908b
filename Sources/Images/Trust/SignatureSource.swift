// SPDX-License-Identifier: Apache-2.0

/// Where the signatures of images come from: a registry, a layout, or what the store kept.
///
/// Nothing that a source gives is believed; it is bounded and verified by who asks. Calls may block. A source that
/// cannot tell throws: only one that knows that there is nothing gives nothing.
public protocol SignatureSource {
    /// The manifests of the signatures of `digest`: what `repository.signatures(of: digest)` names.
    ///
    /// At most `SignatureManifest.maximumBytes` of each need to be read.
    func signatureManifests(of digest: Digest, in repository: Reference) throws(ImageError) -> [[UInt8]]

    /// The payload that a signature manifest points to; its digest is checked by who asks.
    func signaturePayload(_ content: ContentDescriptor, in repository: Reference) throws(ImageError)
        -> [UInt8]
}

extension Reference {
    /// The tag beside an image under which cosign keeps the signatures of a digest: `NAME:sha256-HEX.sig`.
    public func signatures(of digest: Digest) throws(ImageError) -> Reference {
        try Reference("\(name):sha256-\(digest.hex).sig")
    }
}
