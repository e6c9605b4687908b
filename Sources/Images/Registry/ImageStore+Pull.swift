// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Transfer

/// Images from registries.
extension ImageStore {
    /// Takes in the image of a name from its registry, for this node's platform: verified, unpacked, and the same as
    /// if it had been imported.
    ///
    /// What is here already is not fetched again; what a pull that was cut short left goes on from there. Others may
    /// pull and import meanwhile; collections wait. Blocks on the network and on disk.
    ///
    /// - Parameters:
    ///   - reference: What to pull; a digest is pulled as such, a tag is whatever it points to now.
    ///   - registry: Who asks.
    ///   - trust: Which images may come; nil takes all.
    ///   - waivingAge: The image counts as old enough from now on.
    ///   - scope: Of this pull alone; it is called off when the pull fails.
    ///   - report: Told what happens, on any thread.
    /// - Returns: The image.
    /// - Throws: Why there is none; nothing that was not verified is in the store then.
    @discardableResult
    public func pull(
        _ reference: Reference,
        from registry: RegistryClient,
        trust: TrustPolicy? = nil,
        waivingAge: Bool = false,
        in scope: TransferScope = TransferScope(),
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(ImageError) -> Image {
        let sessions = try registry.sessions(for: reference, scope: scope, report: report)
        let remote = try registry.resolve(reference, for: platform, sessions)
        for layer in remote.layers where Int64(layer.size) > limits.layerBytes {
            throw ImageError(
                "pull",
                layer.digest.description,
                .limit("a layer of more than \(limits.layerBytes) bytes")
            )
        }
        report(
            PullEvent(
                .resolved,
                reference.description,
                digest: remote.manifest.content.digest,
                total: remote.layers.reduce(0) { $0 + Int64($1.size) }
            )
        )
        try judge(remote, as: reference, from: registry, trust, waivingAge: waivingAge, scope)
        // What is here stays until a name leads to it.
        return try shared { () throws(ImageError) in
            try fetch(remote, registry.configuration.layersAtOnce, scope, report)
            // Even if they are here: one that was damaged is made good again.
            for document in [remote.config, remote.manifest] {
                _ = try content.store(document.bytes, mediaType: document.content.mediaType)
            }
            let pulled = try changeRecord { record throws(ImageError) in
                record.set(
                    reference,
                    remote.manifest.content,
                    source: remote.source,
                    pulledAt: Int64(time(nil))
                )
                guard let entry = record[reference] else {
                    throw ImageError("pull", reference.description, .absent)
                }
                return try image(entry)
            }
            report(PullEvent(.done, reference.description, digest: pulled.digest))
            return pulled
        }
    }

    /// Judges an image by the signatures at its registry, before any layer moves; remembers when it was seen first.
    private func judge(
        _ remote: RemoteImage,
        as reference: Reference,
        from registry: RegistryClient,
        _ trust: TrustPolicy?,
        waivingAge: Bool,
        _ scope: TransferScope
    ) throws(ImageError) {
        let manifest = remote.manifest.content.digest
        guard let trust else {
            let before = try trustRecord(of: manifest)
            let record = TrustRecord(before, waivingAge: waivingAge, now: TrustPolicy.now())
            if record != before { try keep(record, of: manifest) }
            return
        }
        let subject = TrustSubject(reference: reference, manifest: manifest, indexes: remote.indexes)
        try trust.judge(
            subject,
            by: RegistrySignatures(registry, in: scope),
            in: self,
            at: .pulling,
            waivingAge: waivingAge
        )
    }

    /// When a registry was asked for a name last, in nanoseconds since 1970; nil if none was, or the name is not here.
    public func lastPull(of reference: Reference) throws(ImageError) -> Int64? {
        try StoreRecord.read(from: root)[reference]?.pulledAt.map { $0 &* 1_000_000_000 }
    }

    /// Fetches the layers that are not here, several at a time.
    private func fetch(
        _ remote: RemoteImage,
        _ width: Int,
        _ scope: TransferScope,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) throws(ImageError) {
        var missing: [(layer: ContentDescriptor, diffID: Digest)] = []
        for (layer, diffID) in zip(remote.layers, remote.diffIDs)
        where !missing.contains(where: { $0.layer.digest == layer.digest && $0.diffID == diffID }) {
            if try holds(layer, diffID: diffID) {
                let size = Int64(layer.size)
                report(PullEvent(.present, "", digest: layer.digest, done: size, total: size))
            } else {
                missing.append((layer, diffID))
            }
        }
        let intake = LayerIntake(content: content, layers: layers, scope: scope, report: report)
        _ = try Workers.run(missing, width: width, fail: { scope.cancel() }) { item throws(ImageError) in
            try intake.fetch(item.layer, item.diffID, from: remote.blobs)
        }
    }
}
