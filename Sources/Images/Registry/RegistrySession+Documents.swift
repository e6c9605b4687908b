// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Manifests, indexes, and small blobs.
extension RegistrySession {
    /// The manifest or index of a tag.
    func manifest(tag: String) throws(RegistryFailure) -> RegistryDocument {
        try manifest(tag, nil, expecting: nil)
    }

    /// The manifest or index of a digest.
    func manifest(_ digest: Digest, expecting content: ContentDescriptor? = nil) throws(RegistryFailure)
        -> RegistryDocument
    {
        try manifest(digest.description, digest, expecting: content)
    }

    private func manifest(
        _ place: String,
        _ digest: Digest?,
        expecting content: ContentDescriptor?
    ) throws(RegistryFailure) -> RegistryDocument {
        let url = endpoint.url("manifests/\(place)")
        let accepted = MediaType.manifests.union(MediaType.indexes).sorted().joined(separator: ", ")
        let (response, bytes) = try document(url, fields: [("Accept", accepted)], of: content)
        let found = Digest(of: bytes)
        func mismatch(_ expected: String, _ found: String) -> RegistryFailure {
            RegistryFailure(ImageError("check", "\(url)", .mismatch(expected: expected, found: found)))
        }
        if let digest, found != digest { throw mismatch("\(digest)", "\(found)") }
        // One that contradicts itself about a tag is not asked what it meant.
        if let promised = response["docker-content-digest"], promised.hasPrefix("sha256:"),
            promised != found.description
        {
            throw mismatch(promised, "\(found)")
        }
        if let content, content.size != bytes.count {
            throw mismatch("\(content.size) bytes", "\(bytes.count)")
        }
        let type: String
        if let content {
            // The descriptor has a digest, the field of the head has none.
            type = content.mediaType
        } else {
            let said = response.mediaType ?? ""
            type = MediaType.manifests.union(MediaType.indexes).contains(said) ? said : ""
            guard !type.isEmpty else {
                throw RegistryFailure(
                    ImageError(
                        "read manifest",
                        "\(url)",
                        .unsupported("the media type \(said) is neither an image manifest nor an index")
                    )
                )
            }
        }
        return RegistryDocument(
            content: ContentDescriptor(mediaType: type, digest: found, size: bytes.count),
            bytes: bytes
        )
    }

    /// A blob that is a document.
    func smallBlob(_ content: ContentDescriptor) throws(RegistryFailure) -> RegistryDocument {
        let url = endpoint.url("blobs/\(content.digest)")
        let (_, bytes) = try document(url, fields: [], of: content)
        try finally { () throws(ImageError) in
            try BlobWriter.check(content, digest: Digest(of: bytes), size: bytes.count)
        }
        return RegistryDocument(content: content, bytes: bytes)
    }

    /// A small answer, whole.
    func document(
        _ url: TransferURL,
        fields: [(name: String, value: String)],
        of content: ContentDescriptor?
    ) throws(RegistryFailure) -> (TransferResponse, [UInt8]) {
        guard (content?.size ?? 0) <= Document.maximumBytes else {
            throw RegistryFailure(
                ImageError("read", "\(url)", .limit("larger than \(Document.maximumBytes) bytes"))
            )
        }
        return try persistently { () throws(RegistryFailure) in
            var limits = TransferLimits.small(Int64(content?.size ?? Document.maximumBytes))
            limits.connect = client.configuration.limits.connect
            limits.patience = client.configuration.limits.patience
            let transfer = try ask("GET", url, fields: fields, limits: limits)
            try checkEncoding(transfer.response, url)
            return (transfer.response, try readAll(transfer))
        }
    }

    /// Refuses what was compressed on the way: then its bytes are not those that have the digest.
    func checkEncoding(_ response: TransferResponse, _ url: TransferURL) throws(RegistryFailure) {
        guard let encoding = response["content-encoding"]?.lowercased(), encoding != "identity" else {
            return
        }
        throw RegistryFailure(
            ImageError("read", "\(url)", .unsupported("it comes as \(encoding), which nobody asked for"))
        )
    }
}
