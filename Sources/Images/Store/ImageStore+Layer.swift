// SPDX-License-Identifier: Apache-2.0

/// Layers from wherever they come.
extension ImageStore {
    /// Whether a layer is here, as it was delivered and unpacked.
    public func holds(_ layer: ContentDescriptor, diffID: Digest) throws(ImageError) -> Bool {
        guard try content.holds(layer) else { return false }
        return try layers.holds(diffID)
    }

    /// Begins to take in a layer, behind what an earlier writer of the same blob has kept.
    ///
    /// Hold the store shared (`holdShared`) until a name or a pin leads to the layer: before that it is what a
    /// collection removes. `onRoom` is for `LayerWriter.offer`.
    public func layerWriter(
        _ layer: ContentDescriptor,
        diffID: Digest,
        onRoom: (@Sendable () -> Void)? = nil
    ) throws(ImageError) -> LayerWriter {
        try LayerWriter(
            layer,
            diffID: diffID,
            writer: try content.writer(resuming: layer),
            layers: layers,
            onRoom: onRoom
        )
    }
}
