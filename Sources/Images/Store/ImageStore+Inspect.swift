// SPDX-License-Identifier: Apache-2.0

/// All that the store knows about an image.
public struct ImageDetails: Hashable, Sendable {
    /// A layer, lowest first.
    public struct Layer: Hashable, Sendable {
        /// The blob that it came as.
        public let blob: ContentDescriptor
        /// The digest of its uncompressed bytes.
        public let diffID: Digest
        /// Where it is unpacked.
        public let path: String
        /// Whether it is there, unpacked.
        public let isUnpacked: Bool
    }

    /// The image.
    public let image: Image
    /// What its name pointed to where it came from: its manifest, or an index of platforms.
    public let source: Digest
    /// Its manifest, configuration and layers.
    public let manifest: ContentDescriptor
    /// Its configuration.
    public let config: ContentDescriptor
    /// Its layers, lowest first; one that occurs twice is there twice.
    public let layers: [Layer]
    /// A pin keeps it, whatever names lead to it.
    public let isPinned: Bool
}

extension ImageStore {
    /// All that the store knows about an image; nil if it has none of this name.
    public func inspect(_ reference: Reference) throws(ImageError) -> ImageDetails? {
        guard let entry = try StoreRecord.read(from: root)[reference] else { return nil }
        let (manifest, config) = try documents(entry.manifest)
        var layers: [ImageDetails.Layer] = []
        for (blob, diffID) in zip(manifest.layers, config.diffIDs) {
            layers.append(
                ImageDetails.Layer(
                    blob: blob,
                    diffID: diffID,
                    path: self.layers.path(of: diffID),
                    isUnpacked: try self.layers.holds(diffID)
                )
            )
        }
        return ImageDetails(
            image: try image(entry),
            source: entry.source,
            manifest: entry.manifest,
            config: manifest.config,
            layers: layers,
            isPinned: try pinned().contains(entry.manifest.digest)
        )
    }
}
