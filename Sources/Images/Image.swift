// SPDX-License-Identifier: Apache-2.0

/// An image that is ready to run: verified, and its layers unpacked.
public struct Image: Hashable, Sendable {
    /// The name it has in the store, in normal form.
    public let name: String
    /// The digest of its manifest: what exactly it is.
    public let digest: Digest
    /// How it wants to be run.
    public let config: ImageConfig
    /// The directories of its layers, lowest first, each at most once: lower directories for overlayfs.
    public let layers: [String]
    /// Bytes of its manifest, configuration and layers as they were delivered.
    public let size: Int
    /// That it may run, if rules for that were asked.
    public var verdict: TrustVerdict?

    /// Describes an image.
    public init(name: String, digest: Digest, config: ImageConfig, layers: [String], size: Int) {
        self.name = name
        self.digest = digest
        self.config = config
        self.layers = layers
        self.size = size
    }
}
