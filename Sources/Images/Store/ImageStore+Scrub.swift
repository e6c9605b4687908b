// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Reading everything again, against what the disk may have done to it.
extension ImageStore {
    /// Hashes every blob, unpacks every layer once more and compares it with what is there.
    ///
    /// A damaged blob is set aside in `damaged/`: the next import or pull of its image brings it again. A damaged layer
    /// is set aside and replaced by what its blob holds; containers that run keep the old one until they are started
    /// again. Takes as long as reading all, and the space of the largest layer; the store is locked for one thing
    /// at a time only, and `isCancelled` is asked between two.
    public func scrub(isCancelled: () -> Bool = { false }) throws(ImageError) -> ScrubReport {
        var report = ScrubReport()
        for digest in try content.digests() where !isCancelled() {
            try locked { () throws(ImageError) in try scrub(blob: digest, &report) }
        }
        for (diffID, blob) in try sources() where !isCancelled() {
            try locked { () throws(ImageError) in try scrub(layer: diffID, from: blob, &report) }
        }
        try settle()
        return report
    }

    private func scrub(blob digest: Digest, _ report: inout ScrubReport) throws(ImageError) {
        let size = try content.size(digest)
        let isIntact: Bool
        do throws(ImageError) {
            isIntact = try content.isIntact(digest)
        } catch {
            guard error.cause == .absent else { throw error }
            return  // removed meanwhile
        }
        report.blobs += 1
        report.bytes += size
        guard !isIntact else { return }
        // Asked before it is gone: afterwards nobody can tell.
        let images = try names { $0.contains(digest) }
        try content.setAside(digest, in: try damaged())
        report.damages.append(
            ScrubReport.Damage(
                kind: "blob",
                digest: digest,
                what: "the content is not that of the digest",
                remedy: "set aside; import or pull the image again",
                images: images
            )
        )
    }

    private func scrub(
        layer diffID: Digest,
        from blob: ContentDescriptor,
        _ report: inout ScrubReport
    ) throws(ImageError) {
        guard let tree = try layers.tree(diffID) else { return }
        func tell(_ what: String, _ remedy: String) throws(ImageError) {
            let images = try names { $0.contains(blob.digest) }
            report.damages.append(
                ScrubReport.Damage(kind: "layer", digest: diffID, what: what, remedy: remedy, images: images)
            )
        }
        guard try content.holds(blob) else {
            return try tell("its blob is not here to compare it with", "import or pull the image again")
        }
        let scratch = try layers.scratch()
        defer { scratch.discard() }
        let subject = blob.digest.description
        let stream = try InflatedStream(
            FileStream(try content.open(blob.digest), subject: subject),
            subject: subject,
            limits: limits,
            maximumBytes: limits.layerBytes
        )
        _ = try layers.unpack(stream, diffID: diffID, into: scratch)
        report.layers += 1
        let difference = try attempt("compare", diffID.description) { () throws(LinuxError) in
            try TreeComparison.difference(scratch.tree, tree)
        }
        guard let difference else { return }
        try layers.setAside(diffID, in: try damaged())
        try layers.place(scratch, as: diffID)
        try tell(difference, "replaced; what runs keeps the damaged one until it is started again")
    }

    /// From which blob each layer that is here was unpacked.
    private func sources() throws(ImageError) -> [Digest: ContentDescriptor] {
        var sources: [Digest: ContentDescriptor] = [:]
        for manifest in try manifests() {
            guard let (manifest, config) = try? documents(manifest) else { continue }
            for (layer, diffID) in zip(manifest.layers, config.diffIDs) where try layers.holds(diffID) {
                sources[diffID] = layer
            }
        }
        return sources
    }

    /// What names and pins lead to.
    private func manifests() throws(ImageError) -> [ContentDescriptor] {
        var found = try StoreRecord.read(from: root).images.map(\.manifest)
        for digest in try pinned() where !found.contains(where: { $0.digest == digest }) {
            guard let bytes = try? content.bytes(digest) else { continue }
            found.append(
                ContentDescriptor(mediaType: MediaType.ofManifest(bytes), digest: digest, size: bytes.count)
            )
        }
        return found
    }

    /// The names of the images whose blobs satisfy `isMeant`.
    private func names(where isMeant: (Set<Digest>) -> Bool) throws(ImageError) -> [String] {
        var names: [String] = []
        for entry in try StoreRecord.read(from: root).images {
            var blobs: Set<Digest> = [entry.manifest.digest]
            if let bytes = try? content.document(entry.manifest),
                let manifest = try? ImageManifest(
                    bytes,
                    mediaType: entry.manifest.mediaType,
                    subject: entry.name
                )
            {
                blobs.formUnion([manifest.config.digest] + manifest.layers.map(\.digest))
            }
            if isMeant(blobs) { names.append(entry.name) }
        }
        return names
    }

    private func damaged() throws(ImageError) -> Descriptor {
        try attempt("set aside", "damaged") { () throws(LinuxError) in
            do throws(LinuxError) {
                return try root.makeFolder("damaged")
            } catch {
                guard error.errno == EEXIST else { throw error }
                return try root.open(folder: "damaged")
            }
        }
    }

    /// Removes what was set aside.
    func clearDamaged() throws(ImageError) {
        let folder = try damaged()
        try attempt("remove", "damaged") { () throws(LinuxError) in try Trash(folder).empty() }
    }
}
