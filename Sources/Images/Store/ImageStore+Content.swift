// SPDX-License-Identifier: Apache-2.0

/// What is behind a name, and what is behind none.
extension ImageStore {
    /// Reads an image from verified documents.
    func image(_ entry: StoreRecord.Entry) throws(ImageError) -> Image {
        let (manifest, config) = try documents(entry.manifest)
        // overlayfs refuses a layer twice. The upper of two equal layers gives all that the lower would.
        var paths: [String] = []
        for diffID in config.diffIDs.reversed() where !paths.contains(layers.path(of: diffID)) {
            paths.append(layers.path(of: diffID))
        }
        return Image(
            name: entry.name,
            digest: entry.manifest.digest,
            config: config,
            layers: paths.reversed(),
            size: entry.manifest.size + manifest.config.size + manifest.layers.reduce(0) { $0 + $1.size }
        )
    }

    /// A manifest and its configuration, which fit each other and this node.
    func documents(_ content: ContentDescriptor) throws(ImageError) -> (ImageManifest, ImageConfig) {
        let manifest = try ImageManifest(
            try self.content.document(content),
            mediaType: content.mediaType,
            subject: content.digest.description
        )
        let bytes = try self.content.document(manifest.config)
        return (manifest, try Self.check(manifest, bytes, of: content, for: platform))
    }

    /// The configuration of a manifest, if the two fit each other and the platform.
    @discardableResult
    static func check(
        _ manifest: ImageManifest,
        _ config: [UInt8],
        of content: ContentDescriptor,
        for platform: Platform
    ) throws(ImageError) -> ImageConfig {
        let config = try ImageConfig(config, subject: manifest.config.digest.description)
        guard config.diffIDs.count == manifest.layers.count else {
            throw ImageError(
                "read image configuration",
                manifest.config.digest.description,
                .mismatch(expected: "\(manifest.layers.count) diff_ids", found: "\(config.diffIDs.count)")
            )
        }
        guard platform.accepts(config.platform) else {
            throw ImageError(
                "select platform",
                content.digest.description,
                .unsupported("is for \(config.platform), this node is \(platform)")
            )
        }
        return config
    }

    /// Unpacks the layers of a manifest that are not there yet.
    ///
    /// The caller holds the lock.
    func unpack(_ content: ContentDescriptor) throws(ImageError) {
        let (manifest, config) = try documents(content)
        for (layer, diffID) in zip(manifest.layers, config.diffIDs) where try !layers.holds(diffID) {
            try layers.unpack(try self.content.open(layer.digest), layer, diffID: diffID)
        }
    }

    /// Removes what no name and no pinned manifest needs; with `time` only what came before it, in seconds since 1970.
    ///
    /// The caller holds the lock alone.
    func collect(pinned: Set<Digest>, before time: Int64 = .max) throws(ImageError) -> GarbageReport {
        let named = try StoreRecord.read(from: root).images.map(\.manifest.digest)
        let needed = pinned.union(named).union(try self.pinned())
        let report = try discard(except: needed, [], [], before: time)
        try slimTrust()
        return report
    }

    /// Removes what none of the manifests needs, what is not spared, and what came before `time`.
    ///
    /// The caller holds the lock alone.
    @discardableResult
    func discard(
        except manifests: Set<Digest>,
        _ blobs: Set<Digest>,
        _ spared: Set<Digest>,
        before time: Int64 = .max
    ) throws(ImageError) -> GarbageReport {
        let present = Set(try content.digests())
        var needed = blobs
        var neededLayers = spared
        for manifest in manifests where present.contains(manifest) {
            try keep(manifest, &needed, &neededLayers)
        }
        var report = GarbageReport()
        for diffID in try layers.diffIDs() where !neededLayers.contains(diffID) {
            guard try layers.arrival(diffID) < time else { continue }
            try layers.remove(diffID)
            report.layers += 1
        }
        for digest in present where !needed.contains(digest) {
            guard try content.lastUse(digest) ?? 0 < time else { continue }
            report.bytes += try content.size(digest)
            try content.remove(digest)
            report.blobs += 1
        }
        return report
    }

    /// Adds everything that a manifest needs.
    ///
    /// A manifest that is there but not readable stops the collection: what it needs is not known.
    private func keep(
        _ manifest: Digest,
        _ needed: inout Set<Digest>,
        _ neededLayers: inout Set<Digest>
    ) throws(ImageError) {
        let bytes = try content.bytes(manifest)
        let found = try ImageManifest(
            bytes,
            mediaType: MediaType.ofManifest(bytes),
            subject: manifest.description
        )
        let config = try ImageConfig(
            try content.document(found.config),
            subject: found.config.digest.description
        )
        needed.formUnion([manifest, found.config.digest])
        needed.formUnion(found.layers.map(\.digest))
        neededLayers.formUnion(config.diffIDs)
    }
}
