// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

/// Blobs and manifests on their way to a registry.
extension RegistrySession {
    /// Whether the repository has a blob.
    func holds(_ blob: ContentDescriptor) throws(RegistryFailure) -> Bool {
        let url = endpoint.url("blobs/\(blob.digest)")
        return try persistently { () throws(RegistryFailure) in
            try ask("HEAD", url, limits: .small(0), accepted: [200, 404]).response.status == 200
        }
    }

    /// Has a blob of another repository of the registry appear in this one; false if that does not work.
    func mount(_ blob: ContentDescriptor, from repository: String) throws(RegistryFailure) -> Bool {
        let url = endpoint.url("blobs/uploads/").adding([
            ("mount", blob.digest.description), ("from", repository),
        ])
        return try persistently { () throws(RegistryFailure) in
            let transfer = try ask("POST", url, limits: .small(1 << 20), accepted: [201, 202, 404])
            // It opened an upload instead, which nobody will use.
            if transfer.response.status == 202, let place = try place(transfer.response) {
                _ = try? ask("DELETE", place, limits: .small(1 << 20), accepted: [204, 202, 404, 405])
            }
            return transfer.response.status == 201
        }
    }

    /// Sends a blob, in one go or in parts.
    func upload(_ blob: ContentDescriptor, _ file: Descriptor) throws(RegistryFailure) {
        let upload = Upload()
        try persistently(progress: { upload.offset }) { () throws(RegistryFailure) in
            var place = try go(on: upload, size: Int64(blob.size))
            let size = Int64(blob.size)
            let part = client.configuration.partBytes
            if size > part {
                while upload.offset < size {
                    place = try send(part: min(part, size - upload.offset), of: blob, file, to: place, upload)
                }
            }
            let rest = size - upload.offset
            let body: TransferRequest.Body =
                rest > 0 ? .file(file, offset: upload.offset, count: rest) : .none
            let last = place.adding([("digest", blob.digest.description)])
            _ = try ask(
                "PUT",
                last,
                fields: [("Content-Type", "application/octet-stream")],
                body: body,
                accepted: [201, 204]
            )
        }
    }

    /// Gives a manifest its name in the repository; its type is in its descriptor.
    func put(_ document: RegistryDocument, as name: String) throws(RegistryFailure) {
        let url = endpoint.url("manifests/\(name)")
        try persistently { () throws(RegistryFailure) in
            let transfer = try ask(
                "PUT",
                url,
                fields: [("Content-Type", document.content.mediaType)],
                body: .bytes(document.bytes),
                limits: .small(1 << 20),
                accepted: [200, 201, 202]
            )
            let digest = document.content.digest.description
            if let found = transfer.response["docker-content-digest"], found != digest {
                throw RegistryFailure(
                    ImageError("push", "\(url)", .mismatch(expected: digest, found: found))
                )
            }
        }
    }

    /// Opens an upload, or finds out how far one came.
    private func go(on upload: Upload, size: Int64) throws(RegistryFailure) -> TransferURL {
        if let place = upload.place {
            let status = try ask("GET", place, limits: .small(1 << 20), accepted: [204, 404])
            let end = status.response["range"].flatMap { Int64($0.split(separator: "-").last ?? "") }
            if status.response.status == 204, upload.offset > 0, let end, (0..<size).contains(end) {
                upload.offset = end + 1
                let next = try self.place(status.response) ?? place
                upload.place = next
                return next
            }
        }
        let url = endpoint.url("blobs/uploads/")
        let opened = try ask("POST", url, limits: .small(1 << 20), accepted: [202])
        guard let place = try self.place(opened.response) else {
            throw RegistryFailure(
                ImageError("push", "\(url)", .malformed("an upload that has no 'Location'"))
            )
        }
        upload.offset = 0
        upload.place = place
        return place
    }

    private func send(
        part count: Int64,
        of blob: ContentDescriptor,
        _ file: Descriptor,
        to place: TransferURL,
        _ upload: Upload
    ) throws(RegistryFailure) -> TransferURL {
        let end = upload.offset + count - 1
        let sent = try ask(
            "PATCH",
            place,
            fields: [
                ("Content-Type", "application/octet-stream"), ("Content-Range", "\(upload.offset)-\(end)"),
            ],
            body: .file(file, offset: upload.offset, count: count),
            limits: client.configuration.limits,
            accepted: [202]
        )
        upload.offset += count
        let next = try self.place(sent.response) ?? place
        upload.place = next
        report(
            PullEvent(.transferring, "", digest: blob.digest, done: upload.offset, total: Int64(blob.size))
        )
        return next
    }

    /// Where an upload goes on; one that began with TLS stays with it.
    private func place(_ response: TransferResponse) throws(RegistryFailure) -> TransferURL? {
        do throws(TransferError) {
            guard let place = try response.location() else { return nil }
            guard place.scheme == "https" || endpoint.base.scheme == "http" else {
                throw TransferError("read", "\(place)", .address("an upload would go on without TLS"))
            }
            return place
        } catch {
            throw RegistryFailure("push", error)
        }
    }
}

/// An upload that goes on.
private final class Upload {
    var place: TransferURL?
    var offset: Int64 = 0
}
