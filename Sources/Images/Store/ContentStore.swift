// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Blobs by digest: `content/sha256/HEX`.
///
/// A blob has its name only after its hash was checked.
final class ContentStore: Sendable {
    private let directory: Descriptor
    private let scratch: Descriptor
    private let partial: Descriptor
    /// How long a partial blob waits for the rest of it.
    private static let patience: Int64 = 24 * 3600

    /// `scratch` holds unfinished blobs and `partial` those that arrive in pieces, on the same file system.
    init(directory: Descriptor, scratch: Descriptor, partial: Descriptor) {
        self.directory = directory
        self.scratch = scratch
        self.partial = partial
    }

    /// What is there of a blob, or a beginning; nil if somebody else is at it.
    func partial(_ content: ContentDescriptor) throws(ImageError) -> PartialBlob? {
        try PartialBlob(content, in: partial)
    }

    /// Gives a verified blob its name.
    ///
    /// The caller holds the writers' lock.
    func adopt(_ blob: VerifiedBlob) throws(ImageError) { try blob.adopt(into: directory) }

    /// Whether a blob of this digest and size is there.
    func holds(_ content: ContentDescriptor) throws(ImageError) -> Bool {
        let status = try attempt("look up", content.digest.description) { () throws(LinuxError) in
            try directory.status(name(content.digest))
        }
        return status?.kind == .file && status?.size == Int64(content.size)
    }

    /// Opens a blob for reading.
    func open(_ digest: Digest) throws(ImageError) -> Descriptor {
        do throws(LinuxError) {
            return try directory.open(name(digest), O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
        } catch {
            throw ImageError("open", digest.description, error.errno == ENOENT ? .absent : .system(error))
        }
    }

    /// The bytes of a document, checked against its descriptor once more.
    func document(_ content: ContentDescriptor) throws(ImageError) -> [UInt8] {
        guard content.size <= Document.maximumBytes else {
            throw ImageError(
                "read",
                content.digest.description,
                .limit("larger than \(Document.maximumBytes) bytes")
            )
        }
        let file = try open(content.digest)
        let bytes = try attempt("read", content.digest.description) { () throws(LinuxError) in
            try file.readAll(limit: Document.maximumBytes)
        }
        try BlobWriter.check(content, digest: Digest(of: bytes), size: bytes.count)
        return bytes
    }

    /// The bytes of a document whose size is not known, checked against its digest.
    func bytes(_ digest: Digest) throws(ImageError) -> [UInt8] {
        let size = try attempt("look up", digest.description) { () throws(LinuxError) in
            try directory.status(name(digest))?.size ?? 0
        }
        return try document(ContentDescriptor(mediaType: "", digest: digest, size: Int(size)))
    }

    /// Removes what an interrupted writer left.
    ///
    /// The caller holds the writers' lock.
    func sweep() throws(ImageError) {
        try attempt("clean", "content") { () throws(LinuxError) in
            for name in try scratch.entries() where name.bytes.starts(with: ".tmp-".utf8) {
                try scratch.unlink(name)
            }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            for name in try partial.entries() {
                guard let status = try partial.status(name),
                    Int64(now.tv_sec) - status.modified > Self.patience
                else { continue }
                try partial.unlink(name)
            }
        }
    }

    /// Starts a new blob.
    func writer() throws(ImageError) -> BlobWriter {
        try BlobWriter(directory: directory, scratch: scratch)
    }

    /// Stores bytes of our own making.
    func store(_ bytes: [UInt8], mediaType: String) throws(ImageError) -> ContentDescriptor {
        let writer = try self.writer()
        try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
            try writer.write(UnsafeRawBufferPointer(buffer))
        }
        let (digest, size) = try writer.finish(expecting: nil)
        return ContentDescriptor(mediaType: mediaType, digest: digest, size: size)
    }

    /// The digests of all blobs.
    func digests() throws(ImageError) -> [Digest] {
        let names = try attempt("list", "content") { () throws(LinuxError) in try directory.entries() }
        return names.compactMap { try? Digest(hex: $0.description) }
    }

    /// Removes a blob if it is there.
    func remove(_ digest: Digest) throws(ImageError) {
        try attempt("remove", digest.description) { () throws(LinuxError) in
            if try directory.status(name(digest)) != nil { try directory.unlink(name(digest)) }
        }
    }

    /// Makes the names of finished blobs durable.
    func synchronize() throws(ImageError) {
        try attempt("synchronize", "content") { () throws(LinuxError) in try directory.synchronize() }
    }

    private func name(_ digest: Digest) -> RawPath { RawPath(digest.hex) ?? "" }
}
