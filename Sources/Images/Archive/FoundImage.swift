// SPDX-License-Identifier: Apache-2.0

/// An image that a layout holds for this platform: its manifest is in the content store already.
struct FoundImage {
    /// What the layout calls it; may be empty.
    let names: [Reference]
    /// What the layout's name points to: the manifest, or an index that led to it.
    let source: Digest
    /// The manifest.
    let manifest: ContentDescriptor
    /// The indexes that led to it, the outermost first; they are in the content store, too.
    let indexes: [ContentDescriptor]
}

extension ImageLayout {
    /// All images of the layout.
    ///
    /// Reads OCI's `index.json`, or else Docker's `manifest.json`.
    func images(into content: ContentStore, platform: Platform) throws(ImageError) -> [FoundImage] {
        if let index = try document("index.json"), let version = try document("oci-layout") {
            let found = try Document.decode(LayoutVersion.self, from: version, "import", subject)
            guard found.imageLayoutVersion.hasPrefix("1.") else {
                throw ImageError(
                    "import",
                    subject,
                    .unsupported("layout version \(found.imageLayoutVersion)")
                )
            }
            return try ociImages(index, into: content, platform: platform)
        }
        if let list = try document("manifest.json") { return try dockerImages(list, into: content) }
        throw ImageError("import", subject, .malformed("neither an OCI image layout nor a docker archive"))
    }

    private func ociImages(
        _ bytes: [UInt8],
        into content: ContentStore,
        platform: Platform
    ) throws(ImageError) -> [FoundImage] {
        let index = try ImageIndex(bytes, mediaType: MediaType.ociIndex, subject: subject)
        // Manifests with one name are one image for several platforms.
        var groups: [(names: [Reference], manifests: [ContentDescriptor])] = []
        for manifest in index.manifests where LayoutAttachment(manifest) == nil {
            let names = try name(in: manifest.annotations).map { [$0] } ?? []
            if let place = groups.firstIndex(where: { $0.names == names }) {
                groups[place].manifests.append(manifest)
            } else {
                groups.append((names, [manifest]))
            }
        }
        var images: [FoundImage] = []
        for group in groups {
            var chosen = try ImageIndex.select(group.manifests, for: platform, subject: subject)
            let source = chosen.digest
            var indexes: [ContentDescriptor] = []
            while MediaType.indexes.contains(chosen.mediaType) {
                indexes.append(chosen)
                guard indexes.count <= 4 else {
                    throw ImageError("import", subject, .limit("indexes nested deeper than 4"))
                }
                try fetch(chosen, into: content)
                let nested = try ImageIndex(
                    try content.document(chosen),
                    mediaType: chosen.mediaType,
                    subject: chosen.digest.description
                )
                chosen = try ImageIndex.select(
                    nested.manifests,
                    for: platform,
                    subject: chosen.digest.description
                )
            }
            try fetch(chosen, into: content)
            images.append(
                FoundImage(names: group.names, source: source, manifest: chosen, indexes: indexes)
            )
        }
        return images
    }

    /// A bare tag names no repository, so it is no name.
    private func name(in annotations: [String: String]) throws(ImageError) -> Reference? {
        if let full = annotations["io.containerd.image.name"] { return try Reference(full) }
        guard let text = annotations["org.opencontainers.image.ref.name"],
            text.contains(where: { $0 == "/" || $0 == ":" || $0 == "@" })
        else { return nil }
        return try Reference(text)
    }

    /// Docker's own archives have no manifest in our sense: one is made from what is there.
    private func dockerImages(_ bytes: [UInt8], into content: ContentStore) throws(ImageError) -> [FoundImage]
    {
        var images: [FoundImage] = []
        for item in try Document.decode([DockerItem].self, from: bytes, "import", subject) {
            let config = try adopt(item.Config, mediaType: MediaType.ociConfig, into: content)
            // Docker names the file after its digest.
            let stem = item.Config.split(separator: "/").last?.split(separator: ".").first ?? ""
            if let promised = try? Digest(hex: String(stem)), promised != config.digest {
                throw ImageError(
                    "import",
                    item.Config,
                    .mismatch(expected: promised.description, found: config.digest.description)
                )
            }
            var layers: [ContentDescriptor] = []
            for layer in item.Layers ?? [] {
                layers.append(try adopt(layer, mediaType: MediaType.ociLayer, into: content))
            }
            let manifest = try content.store(
                try ImageManifest(config: config, layers: layers).encoded(),
                mediaType: MediaType.ociManifest
            )
            var names: [Reference] = []
            for tag in item.RepoTags ?? [] { names.append(try Reference(tag)) }
            images.append(
                FoundImage(names: names, source: manifest.digest, manifest: manifest, indexes: [])
            )
        }
        return images
    }
}

/// The file `oci-layout`.
private struct LayoutVersion: Decodable {
    var imageLayoutVersion: String
}

/// One image in a docker archive's `manifest.json`, named as there.
private struct DockerItem: Decodable {
    var Config: String
    var RepoTags: [String]?
    var Layers: [String]?
}
