// SPDX-License-Identifier: Apache-2.0

/// What a node demands of some images; all of it must hold.
public struct ImageRule: Equatable, Sendable {
    /// The name in the file.
    public var name: String
    /// Prefixes of repositories, each with its registry, as `registry.example.net/` or `docker.io/library/redis`.
    public var prefixes: [String] = []
    /// Whether no image may run.
    public var denies = false
    /// Whether an image must be named by its digest.
    public var needsDigest = false
    /// PEM files of public keys of which some must have signed; empty demands no signature.
    public var keys: [String] = []
    /// How many of the keys must have signed.
    public var threshold = 1
    /// What each key must be: one of `algorithms`; nil takes what it is.
    public var algorithm: String?
    /// Whether a signature must be for the repository that the image is wanted from.
    public var bindsRepository = false
    /// How long the node must have known an image.
    public var minimumAge: Duration?

    /// The words of `algorithm`.
    public static let algorithms = ["ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-pkcs1v15", "rsa-pss"]

    /// A rule that demands nothing.
    public init(name: String) { self.name = name }
}
