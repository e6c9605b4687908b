// SPDX-License-Identifier: Apache-2.0

/// One image for one platform: its configuration and its layers, lowest first.
public struct ImageManifest: Hashable, Sendable {
    /// Where the configuration is.
    public let config: ContentDescriptor
    /// Where the layers are, lowest first.
    public let layers: [ContentDescriptor]

    /// The most layers that overlayfs can stack with room for a writable one.
    static let maximumLayers = 256

    /// Reads a manifest that a descriptor of type `mediaType` led to.
    public init(_ bytes: [UInt8], mediaType: String, subject: String) throws(ImageError) {
        func malformed(_ why: String) -> ImageError { ImageError("read manifest", subject, .malformed(why)) }
        guard MediaType.manifests.contains(mediaType) else {
            throw ImageError(
                "read manifest",
                subject,
                .unsupported("the media type \(mediaType) is no image manifest")
            )
        }
        let fields = try Document.decode(Fields.self, from: bytes, "read manifest", subject)
        guard fields.schemaVersion == 2 else { throw malformed("schemaVersion is not 2") }
        // CVE-2021-41190: the same bytes must not be an index to one reader and a manifest to another.
        guard fields.manifests == nil, fields.fsLayers == nil else {
            throw malformed("a manifest with 'layers' may not have 'manifests' or 'fsLayers'")
        }
        guard fields.mediaType == nil || fields.mediaType == mediaType else {
            throw ImageError(
                "read manifest",
                subject,
                .mismatch(expected: mediaType, found: fields.mediaType ?? "")
            )
        }
        guard let config = fields.config, let layers = fields.layers else {
            throw malformed("lacks 'config' or 'layers'")
        }
        guard MediaType.configs.contains(config.mediaType) else {
            throw ImageError(
                "read manifest",
                subject,
                .unsupported("a configuration of type \(config.mediaType) is no container image")
            )
        }
        for layer in layers where !MediaType.layers.contains(layer.mediaType) {
            throw ImageError("read manifest", subject, .unsupported("a layer of type \(layer.mediaType)"))
        }
        guard layers.count <= Self.maximumLayers else {
            throw ImageError("read manifest", subject, .limit("more than \(Self.maximumLayers) layers"))
        }
        self.config = config
        self.layers = layers
    }

    /// Builds a manifest of our own.
    init(config: ContentDescriptor, layers: [ContentDescriptor]) {
        self.config = config
        self.layers = layers
    }

    /// The manifest's bytes; equal manifests give equal bytes.
    func encoded() throws(ImageError) -> [UInt8] {
        try Document.encode(
            Fields(schemaVersion: 2, mediaType: MediaType.ociManifest, config: config, layers: layers),
            "manifest"
        )
    }

    private struct Fields: Codable {
        var schemaVersion: Int?
        var mediaType: String?
        var config: ContentDescriptor?
        var layers: [ContentDescriptor]?
        var manifests: Presence?
        var fsLayers: Presence?
    }
}

/// That a field is there, whatever it holds.
struct Presence: Codable {
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
}
