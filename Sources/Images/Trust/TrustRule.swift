// SPDX-License-Identifier: Apache-2.0

/// What the node demands of the images of some repositories.
public struct TrustRule: Sendable {
    /// Its name in the node file.
    public let name: String
    /// Whether no image may run.
    public let denies: Bool
    /// Whether an image must be named by its digest.
    public let needsDigest: Bool
    /// The keys of which some must have signed; empty demands no signature.
    public let keys: [PublicKey]
    /// How many of the keys must have signed.
    public let threshold: Int
    /// Whether a signature must be for the repository that the image is wanted from.
    public let bindsRepository: Bool
    /// How long this node must have known an image; nil demands nothing.
    public let minimumAge: Duration?
    /// Names this rule with all that it demands: another demand is another digest.
    public let digest: Digest

    let prefixes: [RepositoryPrefix]

    /// A rule for the repositories below some prefixes; the one that is for all others has none.
    public init(
        name: String,
        prefixes: [String] = [],
        denies: Bool = false,
        needsDigest: Bool = false,
        keys: [PublicKey] = [],
        threshold: Int = 1,
        bindsRepository: Bool = false,
        minimumAge: Duration? = nil
    ) {
        self.name = name
        self.prefixes = prefixes.map { RepositoryPrefix($0) }
        self.denies = denies
        self.needsDigest = needsDigest
        self.keys = keys
        self.threshold = threshold
        self.bindsRepository = bindsRepository
        self.minimumAge = minimumAge
        let demands =
            [
                name, "\(denies)", "\(needsDigest)", "\(threshold)", "\(bindsRepository)",
                minimumAge.map { "\($0)" } ?? "-",
            ]
            + keys.map { "\($0.algorithm.rawValue) \($0.fingerprint)" }.sorted()
        digest = Digest(of: Array(demands.joined(separator: "\n").utf8))
    }

    /// What is thrown when this rule does not let an image run.
    func refusal(
        of reference: Reference,
        _ why: String,
        _ remedy: String,
        opensAt: Int64? = nil
    ) -> ImageError {
        let refusal = TrustRefusal(rule: name, why: why, remedy: remedy, opensAt: opensAt)
        return ImageError("judge", "\(reference)", .refused(refusal))
    }
}
