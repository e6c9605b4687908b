// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// An image at a registry that fits this node: its documents are here and verified, its layers are not.
public struct RemoteImage: Sendable {
    /// The name that led to it.
    public let reference: Reference
    /// The digest of its manifest: what exactly it is.
    public var digest: Digest { manifest.content.digest }
    /// Bytes of its layers as they are delivered.
    public var size: Int64 { layers.reduce(0) { $0 + Int64($1.size) } }

    /// What calls off all that is done for it.
    public let scope: TransferScope
    let registry: RegistryClient
    /// What the name points to: the manifest, or an index that led to it.
    let source: Digest
    let manifest: RegistryDocument
    let config: RegistryDocument
    let layers: [ContentDescriptor]
    /// What each layer is unpacked.
    let diffIDs: [Digest]
    /// The indexes that led to the manifest, outermost first.
    let indexes: [[UInt8]]
    /// Where its blobs come from.
    let blobs: RegistryBlobs
}

extension RegistryClient {
    /// Follows a name to the image for a platform.
    ///
    /// The servers of the repository are asked in order; the first whole answer counts. Nothing of a layer moves.
    func resolve(
        _ reference: Reference,
        for platform: Platform,
        _ sessions: [RegistrySession],
        in scope: TransferScope
    ) throws(ImageError) -> RemoteImage {
        var failures: [ImageError] = []
        for (place, session) in sessions.enumerated() {
            do throws(RegistryFailure) {
                let image = try session.image(reference, for: platform)
                // Where its documents were, its layers are likely to be.
                let blobs = RegistryBlobs(sessions: Array(sessions[place...] + sessions[..<place]))
                return RemoteImage(
                    reference: reference,
                    scope: scope,
                    registry: self,
                    source: image.source,
                    manifest: image.manifest,
                    config: image.config,
                    layers: image.layers,
                    diffIDs: image.diffIDs,
                    indexes: image.indexes,
                    blobs: blobs
                )
            } catch {
                failures.append(error.error)
                if scope.isCancelled { throw ImageError("pull", reference.description, .cancelled) }
                if place < sessions.count - 1 {
                    session.report(
                        PullEvent(
                            .retrying,
                            session.endpoint.name,
                            text: "\(error.error); asking the next one"
                        )
                    )
                }
            }
        }
        throw Self.joined(failures, reference.description)
    }

    /// One error of all servers.
    static func joined(_ failures: [ImageError], _ subject: String) -> ImageError {
        if failures.count == 1 { return failures[0] }
        let text = failures.map(\.description).joined(separator: "; ")
        return ImageError("pull", subject, .malformed(text.isEmpty ? "no server has it" : text))
    }
}

extension RegistrySession {
    /// The same at one server.
    fileprivate func image(_ reference: Reference, for platform: Platform) throws(RegistryFailure) -> (
        source: Digest, manifest: RegistryDocument, config: RegistryDocument, layers: [ContentDescriptor],
        diffIDs: [Digest], indexes: [[UInt8]]
    ) {
        var found: RegistryDocument
        if let digest = reference.digest {
            found = try manifest(digest)
        } else {
            found = try manifest(tag: reference.tag ?? "latest")
        }
        let source = found.content.digest
        var indexes: [[UInt8]] = []
        while MediaType.indexes.contains(found.content.mediaType) {
            indexes.append(found.bytes)
            let depth = indexes.count
            let next = try finally { () throws(ImageError) in
                guard depth <= 4 else {
                    throw ImageError("pull", "\(reference)", .limit("indexes nested deeper than 4"))
                }
                let index = try ImageIndex(
                    found.bytes,
                    mediaType: found.content.mediaType,
                    subject: found.content.digest.description
                )
                return try ImageIndex.select(index.manifests, for: platform, subject: "\(reference)")
            }
            found = try manifest(next.digest, expecting: next)
        }
        let manifest = try finally { () throws(ImageError) in
            try ImageManifest(
                found.bytes,
                mediaType: found.content.mediaType,
                subject: found.content.digest.description
            )
        }
        let config = try smallBlob(manifest.config)
        let checked = try finally { () throws(ImageError) in
            try ImageStore.check(manifest, config.bytes, of: found.content, for: platform)
        }
        return (source, found, config, manifest.layers, checked.diffIDs, indexes)
    }
}
