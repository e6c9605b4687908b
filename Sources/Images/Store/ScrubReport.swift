// SPDX-License-Identifier: Apache-2.0

/// What a scrub has read, and what it has found.
public struct ScrubReport: Hashable, Sendable {
    /// Something that is not what it was.
    public struct Damage: Hashable, Sendable {
        /// `blob` or `layer`.
        public let kind: String
        /// The digest of the blob, or the DiffID of the layer.
        public let digest: Digest
        /// What is wrong with it.
        public let what: String
        /// What was done about it.
        public let remedy: String
        /// The names of the images that need it.
        public let images: [String]
    }

    /// Blobs read.
    public var blobs = 0
    /// Layers compared with what their blobs unpack to.
    public var layers = 0
    /// Bytes of the blobs.
    public var bytes: Int64 = 0
    /// What is not as it should be.
    public var damages: [Damage] = []
}
