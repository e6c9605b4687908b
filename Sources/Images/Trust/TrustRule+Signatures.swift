// SPDX-License-Identifier: Apache-2.0
internal import Keys

extension TrustRule {
    /// What the signatures of enough of the rule's keys are over, and whose they are.
    ///
    /// A signature that does not verify counts for nothing, and takes nothing from those that do.
    func signers(
        of reference: Reference,
        _ digests: [Digest],
        _ material: SignatureMaterial
    ) throws(ImageError) -> (signed: Digest, keys: Set<PublicKey>) {
        var signers: [Digest: Set<PublicKey>] = [:]
        var count = 0
        var flaw: String?
        for item in material.found {
            let manifest = try SignatureManifest(item.manifest, subject: "\(Digest(of: item.manifest))")
            for (signature, payload) in zip(manifest.signatures, item.payloads) {
                count += 1
                do throws(ImageError) {
                    let (digest, key) = try signer(of: signature, payload, for: reference, digests)
                    signers[digest, default: []].insert(key)
                } catch {
                    flaw = flaw ?? error.reason
                }
            }
        }
        // Of several that are signed, the one that came first on the way to the manifest.
        if let signed = digests.first(where: { (signers[$0]?.count ?? 0) >= threshold }) {
            return (signed, signers[signed] ?? [])
        }
        let best = signers.values.map(\.count).max() ?? 0
        let why =
            count == 0
            ? "it has no signature"
            : best > 0
                ? "\(best) of its keys have signed it, and \(threshold) must"
                : "none of its \(count) signatures counts, the first because \(flaw ?? "it is not readable")"
        throw refusal(of: reference, why, remedy)
    }

    /// The key by which a signature is, if it is over one of the digests.
    private func signer(
        of signature: SignatureManifest.Signature,
        _ payload: [UInt8],
        for reference: Reference,
        _ digests: [Digest]
    ) throws(ImageError) -> (Digest, PublicKey) {
        func refused(_ why: String) -> ImageError {
            ImageError("verify", signature.payload.digest.description, .malformed(why))
        }
        guard payload.count == signature.payload.size, Digest(of: payload) == signature.payload.digest else {
            throw refused("its payload is another one than its manifest says")
        }
        guard let bytes = Base64.decode(signature.text.utf8) else { throw refused("it is not base64") }
        guard let key = keys.first(where: { $0.verifies(bytes, of: payload) }) else {
            throw refused("it is by no key of the rule")
        }
        // Only now: what is not signed by a known key is not even read.
        let meant = try SignaturePayload(payload, subject: signature.payload.digest.description)
        guard digests.contains(meant.digest) else { throw refused("it is over another image") }
        if bindsRepository {
            let name = meant.reference.flatMap { try? Reference($0) }?.name
            guard name == reference.name else { throw refused("it is for another repository") }
        }
        return (meant.digest, key)
    }

    private var remedy: String {
        "sign it with `cosign sign --key`, and import or pull it with its signatures"
    }
}
