// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// Images to registries.
extension ImageStore {
    /// Brings an image of the store to a registry, byte for byte as it was taken in.
    ///
    /// What the registry has is not sent again; what another of its repositories has, as far as the store knows, is
    /// mounted from there. Mirrors are for reading: the registry itself is asked. Blocks on the network.
    ///
    /// - Parameters:
    ///   - local: The image in the store.
    ///   - target: Where it goes; its tag, or its digest alone, is its name there.
    ///   - registry: Who asks.
    ///   - scope: Of this push alone; it is called off when the push fails.
    ///   - report: Told what happens, on any thread.
    /// - Returns: The digest of its manifest.
    /// - Throws: Why it is not there; what the registry took of it stays with it, without a name.
    @discardableResult
    public func push(
        _ local: Reference,
        to target: Reference,
        by registry: RegistryClient,
        in scope: TransferScope = TransferScope(),
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(ImageError) -> Digest {
        let record = try StoreRecord.read(from: root)
        guard let entry = record[local] else { throw ImageError("push", local.description, .absent) }
        let (manifest, _) = try documents(entry.manifest)
        if let digest = target.digest, digest != entry.manifest.digest {
            throw ImageError(
                "push",
                target.description,
                .mismatch(expected: digest.description, found: entry.manifest.digest.description)
            )
        }
        let sources = try sources(of: manifest, for: target, in: record)
        let session = RegistrySession(
            client: registry,
            endpoint: try .origin(of: target, registry.configuration.settings(for: target.name)),
            actions: "pull,push",
            others: Set(sources.values).sorted(),
            scope: scope,
            report: report
        )
        var blobs: [ContentDescriptor] = []
        for blob in manifest.layers + [manifest.config]
        where !blobs.contains(where: { $0.digest == blob.digest }) {
            blobs.append(blob)
        }
        report(
            PullEvent(
                .resolved,
                target.description,
                digest: entry.manifest.digest,
                total: blobs.reduce(0) { $0 + Int64($1.size) }
            )
        )
        _ = try Workers.run(
            blobs,
            width: registry.configuration.layersAtOnce,
            fail: { scope.cancel() },
            { blob throws(ImageError) in try self.send(blob, from: sources[blob.digest], by: session) }
        )
        let document = RegistryDocument(
            content: entry.manifest,
            bytes: try content.document(entry.manifest)
        )
        do throws(RegistryFailure) {
            try session.put(document, as: target.tag ?? entry.manifest.digest.description)
        } catch {
            throw error.error
        }
        report(PullEvent(.done, target.description, digest: entry.manifest.digest))
        return entry.manifest.digest
    }

    private func send(_ blob: ContentDescriptor, from source: String?, by session: RegistrySession)
        throws(ImageError)
    {
        let size = Int64(blob.size)
        do throws(RegistryFailure) {
            if try session.holds(blob) {
                return session.report(PullEvent(.present, "", digest: blob.digest, done: size, total: size))
            }
            session.report(PullEvent(.transferring, "", digest: blob.digest, total: size))
            if let source, try session.mount(blob, from: source) {
                return session.report(
                    PullEvent(.present, "", digest: blob.digest, done: size, total: size, text: source)
                )
            }
            let file = try finally { () throws(ImageError) in try content.open(blob.digest) }
            try session.upload(blob, file)
            session.report(PullEvent(.verified, "", digest: blob.digest, done: size, total: size))
        } catch {
            throw error.error
        }
    }

    /// Other repositories of the registry that have a blob, by its digest, as far as the store's names tell.
    private func sources(
        of manifest: ImageManifest,
        for target: Reference,
        in record: StoreRecord
    ) throws(ImageError) -> [Digest: String] {
        var sources: [Digest: String] = [:]
        let wanted = Set(manifest.layers.map(\.digest))
        for entry in record.images {
            let name = try Reference(entry.name)
            guard name.registry == target.registry, name.repository != target.repository,
                let (other, _) = try? documents(entry.manifest)
            else { continue }
            for layer in other.layers where wanted.contains(layer.digest) {
                sources[layer.digest] = sources[layer.digest] ?? name.repository
            }
        }
        return sources
    }
}
