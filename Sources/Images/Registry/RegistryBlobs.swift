// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// The blobs of a repository, from the servers that have it.
struct RegistryBlobs: BlobSource {
    /// In the order in which they are asked.
    let sessions: [RegistrySession]

    var places: Int { sessions.count }

    func read(
        _ blob: ContentDescriptor,
        from offset: Int64,
        place: Int,
        _ sink: (UnsafeRawBufferPointer) throws(ImageError) -> Void
    ) throws(ImageError) {
        let session = sessions[place % sessions.count]
        let cursor = BlobCursor(offset)
        do throws(RegistryFailure) {
            try session.persistently(progress: { cursor.offset }) { () throws(RegistryFailure) in
                do throws(RegistryFailure) {
                    try session.read(blob, cursor, sink)
                } catch {
                    // A server that makes nonsense of a range may still have the whole.
                    guard cursor.mayAskForRange, cursor.hasAskedForRange, !error.isTransient,
                        !cursor.isRefused
                    else {
                        throw error
                    }
                    cursor.mayAskForRange = false
                    try session.read(blob, cursor, sink)
                }
            }
        } catch {
            throw error.error
        }
    }
}

/// How far a blob was read, over all requests for it.
private final class BlobCursor {
    var offset: Int64
    var mayAskForRange = true
    var hasAskedForRange = false
    /// Whoever takes the bytes wants no more of them.
    var isRefused = false

    init(_ offset: Int64) { self.offset = offset }
}

extension RegistrySession {
    /// One request for the rest of a blob.
    fileprivate func read(
        _ blob: ContentDescriptor,
        _ cursor: BlobCursor,
        _ sink: (UnsafeRawBufferPointer) throws(ImageError) -> Void
    ) throws(RegistryFailure) {
        let size = Int64(blob.size)
        let url = endpoint.url("blobs/\(blob.digest)")
        guard cursor.offset < size else { return }
        var limits = client.configuration.limits
        limits.body = size
        cursor.hasAskedForRange = cursor.offset > 0 && cursor.mayAskForRange
        let range = cursor.hasAskedForRange ? [(name: "Range", value: "bytes=\(cursor.offset)-")] : []
        let transfer = try ask("GET", url, fields: range, limits: limits, accepted: [200, 206])
        let response = transfer.response
        try checkEncoding(response, url)
        func check(_ expected: Int64, _ found: Int64?, _ what: String) throws(RegistryFailure) {
            guard let found, found != expected else { return }
            throw RegistryFailure(
                ImageError("read", "\(url)", .mismatch(expected: "\(what) \(expected)", found: "\(found)"))
            )
        }
        // A server that does not know ranges sends the whole: what is here already passes by.
        var skipped = cursor.offset
        if response.status == 206 {
            guard let part = response.range else {
                throw RegistryFailure(
                    ImageError("read", "\(url)", .malformed("an answer in part that does not say which"))
                )
            }
            try check(cursor.offset, part.start, "a part from")
            try check(size, part.size, "a size of")
            skipped = 0
        }
        try check(size - cursor.offset + skipped, response.length, "a length of")
        while let bytes = try next(transfer) {
            let passing = Int(min(skipped, Int64(bytes.count)))
            skipped -= Int64(passing)
            guard passing < bytes.count else { continue }
            // Its limit keeps a transfer to the blob's size; one in part may still be longer than its part.
            guard cursor.offset + Int64(bytes.count - passing) <= size else {
                throw RegistryFailure(
                    ImageError("read", "\(url)", .mismatch(expected: "\(size) bytes", found: "more"))
                )
            }
            try finally { () throws(ImageError) in
                cursor.isRefused = true
                try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
                    try sink(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[passing...]))
                }
                cursor.isRefused = false
            }
            cursor.offset += Int64(bytes.count - passing)
        }
        // One without a length can end early and look well (HTTP/1.0).
        guard cursor.offset == size else {
            throw RegistryFailure(
                ImageError(
                    "read",
                    "\(url)",
                    .mismatch(expected: "\(size) bytes", found: "\(cursor.offset)")
                ),
                isTransient: true
            )
        }
    }

    private func next(_ transfer: Transfer) throws(RegistryFailure) -> [UInt8]? {
        do throws(TransferError) {
            return try transfer.read()
        } catch {
            throw RegistryFailure("read", error)
        }
    }
}
