// SPDX-License-Identifier: Apache-2.0

/// A list of manifests, one for each platform, or the entry point of a layout.
public struct ImageIndex: Hashable, Sendable {
    /// Where the manifests are.
    public let manifests: [ContentDescriptor]

    /// Reads an index that a descriptor of type `mediaType` led to.
    public init(_ bytes: [UInt8], mediaType: String, subject: String) throws(ImageError) {
        guard MediaType.indexes.contains(mediaType) else {
            throw ImageError(
                "read index",
                subject,
                .unsupported("the media type \(mediaType) is no image index")
            )
        }
        let fields = try Document.decode(Fields.self, from: bytes, "read index", subject)
        guard fields.schemaVersion == 2 else {
            throw ImageError("read index", subject, .malformed("schemaVersion is not 2"))
        }
        guard fields.layers == nil, fields.config == nil, fields.fsLayers == nil else {
            throw ImageError(
                "read index",
                subject,
                .malformed("an index with 'manifests' may not have 'config', 'layers' or 'fsLayers'")
            )
        }
        guard fields.mediaType == nil || fields.mediaType == mediaType else {
            throw ImageError(
                "read index",
                subject,
                .mismatch(expected: mediaType, found: fields.mediaType ?? "")
            )
        }
        guard let manifests = fields.manifests, manifests.count <= 1024 else {
            throw ImageError("read index", subject, .malformed("lacks 'manifests', or has more than 1024"))
        }
        self.manifests = manifests
    }

    /// The first manifest for `platform`.
    static func select(
        _ manifests: [ContentDescriptor],
        for platform: Platform,
        subject: String
    ) throws(ImageError) -> ContentDescriptor {
        // A lone manifest without a platform is judged by its configuration.
        if manifests.count == 1, manifests[0].platform == nil { return manifests[0] }
        if let found = manifests.first(where: { $0.platform.map(platform.accepts) ?? false }) { return found }
        // A group of nested indexes: the platform stands one level below.
        if let nested = manifests.first(where: {
            $0.platform == nil && MediaType.indexes.contains($0.mediaType)
        }) {
            return nested
        }
        let offered = Set(manifests.map { $0.platform?.description ?? "unknown" }).sorted().joined(
            separator: ", "
        )
        throw ImageError("select platform", subject, .unsupported("has \(offered), this node is \(platform)"))
    }

    private struct Fields: Decodable {
        var schemaVersion: Int?
        var mediaType: String?
        var manifests: [ContentDescriptor]?
        var config: Presence?
        var layers: Presence?
        var fsLayers: Presence?
    }
}
