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
        let remote = try find(reference, at: registry, in: scope, report: report)
        _ = try judge(remote, by: trust, waivingAge: waivingAge)
        return try fetch(remote, report: report)
    }

    /// Asks a registry what a name means now, for this node's platform.
    ///
    /// Manifests and the configuration are read and verified; no layer moves, and nothing is kept. Blocks on the
    /// network.
    public func find(
        _ reference: Reference,
        at registry: RegistryClient,
        in scope: TransferScope = TransferScope(),
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(ImageError) -> RemoteImage {
        let sessions = try registry.sessions(for: reference, scope: scope, report: report)
        let remote = try registry.resolve(reference, for: platform, sessions, in: scope)
        for layer in remote.layers where Int64(layer.size) > limits.layerBytes {
            throw ImageError(
                "pull",
                layer.digest.description,
                .limit("a layer of more than \(limits.layerBytes) bytes")
            )
        }
        return remote
    }

    /// Judges an image by the signatures at its registry, before any layer moves; remembers when it was seen first.
    ///
    /// - Parameters:
    ///   - remote: The image.
    ///   - reference: The name to judge it by, if that is not the one that led to it.
    ///   - trust: Which images may run.
    ///   - verify: The rule that must let it run besides that of its prefix.
    ///   - waivingAge: The image counts as old enough from now on.
    /// - Returns: The verdict; nil if there is no policy, which lets everything run.
    /// - Throws: `ImageError` with the cause `refused` if it may not run.
    public func judge(
        _ remote: RemoteImage,
        as reference: Reference? = nil,
        by trust: TrustPolicy?,
        verify: String? = nil,
        waivingAge: Bool = false
    ) throws(ImageError) -> TrustVerdict? {
        guard let trust else {
            _ = try age(of: remote.digest, waiving: waivingAge)
            return nil
        }
        let subject = TrustSubject(
            reference: reference ?? remote.reference,
            manifest: remote.digest,
            indexes: remote.indexes,
            verify: verify
        )
        return try trust.judge(
            subject,
            by: RegistrySignatures(remote.registry, in: remote.scope),
            in: self,
            at: .pulling,
            waivingAge: waivingAge
        )
    }

    /// Bytes of an image's layers that are not here.
    public func missing(of remote: RemoteImage) throws(ImageError) -> Int64 {
        var bytes: Int64 = 0
        for (layer, diffID) in zip(remote.layers, remote.diffIDs) where try !holds(layer, diffID: diffID) {
            bytes += Int64(layer.size)
        }
        return bytes
    }

    /// Takes in an image that was found: its layers, then the name that led to it.
    ///
    /// Whether it may run was judged before. Blocks on the network and on disk.
    public func fetch(
        _ remote: RemoteImage,
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(ImageError) -> Image {
        report(
            PullEvent(
                .resolved,
                remote.reference.description,
                digest: remote.digest,
                total: remote.size
            )
        )
        // What is here stays until a name leads to it.
        return try shared { () throws(ImageError) in
            try fetchLayers(of: remote, report)
            // Even if they are here: one that was damaged is made good again.
            for document in [remote.config, remote.manifest] {
                _ = try content.store(document.bytes, mediaType: document.content.mediaType)
            }
            let pulled = try changeRecord { record throws(ImageError) in
                record.set(
                    remote.reference,
                    remote.manifest.content,
                    source: remote.source,
                    pulledAt: Int64(time(nil))
                )
                guard let entry = record[remote.reference] else {
                    throw ImageError("pull", remote.reference.description, .absent)
                }
                return try image(entry)
            }
            report(PullEvent(.done, remote.reference.description, digest: pulled.digest))
            return pulled
        }
    }

    /// When a registry was asked for a name last, in nanoseconds since 1970; nil if none was, or the name is not here.
    public func lastPull(of reference: Reference) throws(ImageError) -> Int64? {
        try StoreRecord.read(from: root)[reference]?.pulledAt.map { $0 &* 1_000_000_000 }
    }

    /// Fetches the layers that are not here, several at a time.
    private func fetchLayers(
        of remote: RemoteImage,
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
        let scope = remote.scope, width = remote.registry.configuration.layersAtOnce
        let intake = LayerIntake(content: content, layers: layers, scope: scope, report: report)
        _ = try Workers.run(missing, width: width, fail: { scope.cancel() }) { item throws(ImageError) in
            try intake.fetch(item.layer, item.diffID, from: remote.blobs)
        }
    }
}
