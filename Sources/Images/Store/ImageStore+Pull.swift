// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Transfer

/// Images from registries.
extension ImageStore {
    /// Takes in the image of a name from its registry, for this node's platform: verified, unpacked, and the same as
    /// if it had been imported.
    ///
    /// What is here already is not fetched again; what a pull that was cut short left goes on from there. Others may
    /// use the store meanwhile: only the end of a pull holds the writers' lock. Blocks on the network and on disk.
    ///
    /// - Parameters:
    ///   - reference: What to pull; a digest is pulled as such, a tag is whatever it points to now.
    ///   - registry: Who asks.
    ///   - scope: Of this pull alone; it is called off when the pull fails.
    ///   - report: Told what happens, on any thread.
    /// - Returns: The image.
    /// - Throws: Why there is none; nothing that was not verified is in the store then.
    @discardableResult
    public func pull(
        _ reference: Reference,
        from registry: RegistryClient,
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
        // What is here now may be collected before we hold the lock: then it is fetched after all.
        for _ in 0..<3 {
            let blobs = try fetch(remote, registry.configuration.layersAtOnce, scope, report)
            let image = try locked { () throws(ImageError) in
                try settle(reference, remote, blobs, report)
            }
            guard let image else { continue }
            report(PullEvent(.done, reference.description, digest: image.digest))
            return image
        }
        throw ImageError("pull", reference.description, .malformed("layers vanish while others are fetched"))
    }

    /// How long ago a registry was asked for a name last; nil if none was, or the name is not here.
    public func age(of reference: Reference) throws(ImageError) -> Duration? {
        guard let then = try StoreRecord.read(from: root)[reference]?.pulledAt else { return nil }
        // A clock that was set back makes nothing fresh for ever.
        let now = Int64(time(nil))
        return now < then ? nil : .seconds(now - then)
    }

    /// Fetches the layers that are not here, several at a time.
    private func fetch(
        _ remote: RemoteImage,
        _ width: Int,
        _ scope: TransferScope,
        _ report: @escaping @Sendable (PullEvent) -> Void
    ) throws(ImageError) -> [VerifiedBlob] {
        var missing: [ContentDescriptor] = []
        for layer in remote.layers where !missing.contains(where: { $0.digest == layer.digest }) {
            if try content.holds(layer) {
                let size = Int64(layer.size)
                report(PullEvent(.present, "", digest: layer.digest, done: size, total: size))
            } else {
                missing.append(layer)
            }
        }
        let intake = LayerIntake(content: content, scope: scope, report: report)
        return try Workers.run(missing, width: width, fail: { scope.cancel() }) { layer throws(ImageError) in
            try intake.fetch(layer, from: remote.blobs)
        }.compactMap(\.self)
    }

    /// Gives what was fetched its names; nil if something that was here is here no more.
    ///
    /// The caller holds the lock.
    private func settle(
        _ reference: Reference,
        _ remote: RemoteImage,
        _ fetched: [VerifiedBlob],
        _ report: (PullEvent) -> Void
    ) throws(ImageError) -> Image? {
        let before = Set(try content.digests())
        let layersBefore = Set(try layers.diffIDs())
        do throws(ImageError) {
            for blob in fetched { try content.adopt(blob) }
            for layer in remote.layers where try !content.holds(layer) { return nil }
            // Even if they are here: one that was damaged is made good again.
            for document in [remote.config, remote.manifest] {
                _ = try content.store(document.bytes, mediaType: document.content.mediaType)
            }
            report(PullEvent(.unpacking, reference.description, digest: remote.manifest.content.digest))
            try unpack(remote.manifest.content)
            try content.synchronize()
            var record = try StoreRecord.read(from: root)
            record.set(
                reference,
                remote.manifest.content,
                source: remote.source,
                pulledAt: Int64(time(nil))
            )
            try record.write(to: root)
            guard let entry = record[reference] else {
                throw ImageError("pull", reference.description, .absent)
            }
            return try image(entry)
        } catch {
            try? discard(except: [], before, layersBefore)
            throw error
        }
    }
}
