// SPDX-License-Identifier: Apache-2.0

/// How far one layer of an image is on its way from a registry.
public struct PullProgress: Codable, Sendable, Equatable {
    /// The image, in normal form.
    public var image: String
    /// The layer's digest.
    public var layer: String
    /// `present`, `transferring` or `verified`.
    public var state: String
    /// Bytes so far.
    public var done: Int64
    /// Bytes in all.
    public var total: Int64

    /// How far a layer is.
    public init(image: String, layer: String, state: String, done: Int64, total: Int64) {
        self.image = image
        self.layer = layer
        self.state = state
        self.done = done
        self.total = total
    }
}
