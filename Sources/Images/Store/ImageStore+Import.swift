// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Images from files.
extension ImageStore {
    /// Takes in the images of an OCI layout (a directory or a tar archive) or of a docker archive, each for this
    /// node's platform, verified and unpacked.
    ///
    /// Their names stand in the archive, unless it holds one image and `name` is given. On a failure nothing of the
    /// archive stays in the store.
    @discardableResult
    public func importArchive(_ path: String, name: String? = nil) throws(ImageError) -> [Image] {
        let explicit: Reference?
        if let name { explicit = try Reference(name) } else { explicit = nil }
        return try locked { () throws(ImageError) in
            let before = Set(try content.digests())
            let layersBefore = Set(try layers.diffIDs())
            do throws(ImageError) {
                let images = try take(path, name: explicit)
                try discard(except: Set(images.map(\.digest)), before, layersBefore)
                return images
            } catch {
                _ = try? discard(except: [], before, layersBefore)  // the first failure is told
                throw error
            }
        }
    }

    private func take(_ path: String, name: Reference?) throws(ImageError) -> [Image] {
        let layout = try layout(at: path)
        let found = try layout.images(into: content, platform: platform)
        let named = try names(found, explicit: name, path)
        for (_, image) in named {
            let (manifest, config) = try fetchDocuments(image.manifest, from: layout)
            for (layer, diffID) in zip(manifest.layers, config.diffIDs) {
                try fetch(layer, diffID, from: layout)
            }
        }
        // Whoever brought it may go away with it: a power cut must not take it along.
        try settle()
        return try changeRecord { record throws(ImageError) in
            for (name, image) in named { record.set(name, image.manifest, source: image.source) }
            var images: [Image] = []
            for (name, _) in named {
                if let entry = record[name] { images.append(try image(entry)) }
            }
            return images
        }
    }

    /// A layer in one pass, unless it is there unpacked, or comes in another order than it is wanted.
    private func fetch(
        _ layer: ContentDescriptor,
        _ diffID: Digest,
        from layout: any ImageLayout
    ) throws(ImageError) {
        if try !layers.holds(diffID), let stream = try layout.stream(layer) {
            let writer = try LayerWriter(layer, diffID: diffID, writer: content.writer(), layers: layers)
            _ = try writer.take(stream)
            return
        }
        try layout.fetch(layer, into: content)
        guard try !layers.holds(diffID) else { return }
        try layers.unpack(try content.open(layer.digest), layer, diffID: diffID)
    }

    /// The configuration is checked before the layers are copied: a wrong platform costs nothing.
    private func fetchDocuments(
        _ content: ContentDescriptor,
        from layout: any ImageLayout
    ) throws(ImageError) -> (ImageManifest, ImageConfig) {
        let manifest = try ImageManifest(
            try self.content.document(content),
            mediaType: content.mediaType,
            subject: content.digest.description
        )
        guard manifest.config.size <= Document.maximumBytes else {
            throw ImageError(
                "import",
                manifest.config.digest.description,
                .limit("larger than \(Document.maximumBytes) bytes")
            )
        }
        try layout.fetch(manifest.config, into: self.content)
        return try documents(content)
    }

    private func layout(at path: String) throws(ImageError) -> any ImageLayout {
        let kind = try attempt("import", path) { () throws(LinuxError) in
            try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).status().kind
        }
        return switch kind {
        case .directory: try DirectoryLayout(path)
        case .file: try ArchiveLayout(path, into: content, limits: limits)
        default: throw ImageError("import", path, .unsupported("neither a directory nor a plain file"))
        }
    }

    private func names(
        _ found: [FoundImage],
        explicit: Reference?,
        _ path: String
    ) throws(ImageError) -> [(Reference, FoundImage)] {
        guard let explicit else {
            guard found.contains(where: { !$0.names.isEmpty }) else {
                throw ImageError("import", path, .malformed("no image in it has a name: give one"))
            }
            return found.flatMap { image in image.names.map { ($0, image) } }
        }
        guard found.count == 1 else {
            throw ImageError(
                "import",
                path,
                .malformed("a name was given, but it holds \(found.count) images")
            )
        }
        if let digest = explicit.digest, digest != found[0].source, digest != found[0].manifest.digest {
            throw ImageError(
                "import",
                path,
                .mismatch(expected: digest.description, found: found[0].source.description)
            )
        }
        return [(explicit, found[0])]
    }
}
