// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Blobs by digest: `content/sha256/HEX`.
///
/// A blob has its name only after its hash was checked.
final class ContentStore: Sendable {
    private let directory: Descriptor
    private let scratch: Descriptor

    /// `scratch` holds unfinished blobs, on the same file system.
    init(directory: Descriptor, scratch: Descriptor) {
        self.directory = directory
        self.scratch = scratch
    }

    /// Whether a blob of this digest and size is there and may be believed.
    func holds(_ content: ContentDescriptor) throws(ImageError) -> Bool {
        try attempt("look up", content.digest.description) { () throws(LinuxError) in
            guard let status = try directory.status(name(content.digest)), status.kind == .file,
                status.size == Int64(content.size)
            else { return false }
            return try Durability.holds(open(name(content.digest)))
        }
    }

    private func open(_ name: RawPath) throws(LinuxError) -> Descriptor {
        try directory.open(name, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
    }

    /// Opens a blob for reading.
    func open(_ digest: Digest) throws(ImageError) -> Descriptor {
        do throws(LinuxError) {
            return try open(name(digest))
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

    /// Starts a new blob.
    func writer() throws(ImageError) -> BlobWriter {
        try BlobWriter(directory: directory, scratch: scratch)
    }

    /// Takes up a blob where an earlier writer left it, or starts it; what is left of this one stays too.
    ///
    /// Two writers of one blob do not disturb each other: only the first can be taken up.
    func writer(resuming blob: ContentDescriptor) throws(ImageError) -> BlobWriter {
        if let claimed = try claim(blob) { return claimed }
        return try writer()
    }

    /// The same; nil while another writer is at that blob, in whatever process.
    func claim(_ blob: ContentDescriptor) throws(ImageError) -> BlobWriter? {
        let name = partName(blob.digest)
        let part = try attempt("store", blob.digest.description) {
            () throws(LinuxError) -> (Descriptor, Int)? in
            let file = try scratch.open(
                name,
                O_CREAT | O_RDWR | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks]
            )
            guard try file.lock(wait: false) else { return nil }
            let status = try file.status()
            // Between opening and locking, the last writer may have given it its name, or taken it away.
            guard try scratch.status(name)?.inode == status.inode else { return nil }
            // More than that is not the blob.
            if status.size >= BlobWriter.worth, status.size <= Int64(blob.size) {
                return (file, Int(status.size))
            }
            try file.resize(0)
            return (file, 0)
        }
        guard let (file, size) = part else { return nil }
        return BlobWriter(directory: directory, scratch: scratch, part: name, file, size: size)
    }

    private func partName(_ digest: Digest) -> RawPath { RawPath(Self.partPrefix + digest.hex) ?? "" }
    private static let partPrefix = ".part-"

    /// Stores a blob that comes as a stream; refused unless it is what was promised.
    func take(_ stream: any ByteStream, expecting blob: ContentDescriptor) throws(ImageError) {
        let writer = try self.writer()
        let kept = KeptStream(stream, expecting: blob, writer: writer)
        while try kept.next() != nil {}
        try kept.check()
        try writer.finish(blob.digest)
    }

    /// Stores what comes as a stream under the digest that it has.
    func adopt(_ stream: any ByteStream) throws(ImageError) -> (digest: Digest, size: Int) {
        let writer = try self.writer()
        let hashed = HashedStream(stream)
        var size = 0
        while let bytes = try hashed.next() {
            size += bytes.count
            try writer.append(bytes)
        }
        let digest = try hashed.finish()
        try writer.finish(digest)
        return (digest, size)
    }

    /// Stores bytes of our own making, or small ones that the caller has checked.
    func store(_ bytes: [UInt8], mediaType: String) throws(ImageError) -> ContentDescriptor {
        let writer = try self.writer()
        try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
            try writer.append(UnsafeRawBufferPointer(buffer))
        }
        let digest = Digest(of: bytes)
        try writer.finish(digest)
        return ContentDescriptor(mediaType: mediaType, digest: digest, size: bytes.count)
    }

    /// The digests of all blobs.
    func digests() throws(ImageError) -> [Digest] {
        let names = try attempt("list", "content") { () throws(LinuxError) in try directory.entries() }
        return names.compactMap { try? Digest(hex: $0.description) }
    }

    /// Notes that a blob is used.
    ///
    /// A store on a disk that is full or cannot be written to goes on without.
    func touch(_ digest: Digest) {
        try? directory.changeTime(name(digest), seconds: Int64(time(nil)), nanoseconds: 0)
    }

    /// When a blob was brought or touched, in seconds since 1970; nil if it is not there.
    func lastUse(_ digest: Digest) throws(ImageError) -> Int64? {
        try attempt("look up", digest.description) { () throws(LinuxError) in
            try directory.status(name(digest))?.modified
        }
    }

    /// The size of a blob; 0 if it is not there.
    func size(_ digest: Digest) throws(ImageError) -> Int64 {
        try attempt("look up", digest.description) { () throws(LinuxError) in
            try directory.status(name(digest))?.size ?? 0
        }
    }

    /// Takes a blob out of the store, under another folder.
    func setAside(_ digest: Digest, in folder: Descriptor) throws(ImageError) {
        try attempt("set aside", digest.description) { () throws(LinuxError) in
            try directory.rename(name(digest), to: RawPath("blob-" + digest.hex) ?? "", in: folder)
        }
    }

    /// Removes a blob if it is there.
    func remove(_ digest: Digest) throws(ImageError) {
        try attempt("remove", digest.description) { () throws(LinuxError) in
            if try directory.status(name(digest)) != nil { try directory.unlink(name(digest)) }
        }
    }

    // MARK: After a crash, and before one

    /// Removes what an interrupted writer left, and parts that nobody took up for a week.
    func sweep() throws(ImageError) {
        try attempt("clean", "content") { () throws(LinuxError) in
            try Scratch.sweep(scratch)
            let old = Int64(time(nil)) - 7 * 86_400
            for name in try scratch.entries() where name.bytes.starts(with: Self.partPrefix.utf8) {
                guard let status = try scratch.status(name), status.modified < old else { continue }
                guard try open(part: name)?.lock(wait: false) == true else { continue }
                try scratch.unlink(name)
            }
        }
    }

    private func open(part name: RawPath) throws(LinuxError) -> Descriptor? {
        do throws(LinuxError) {
            return try scratch.open(name, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    /// Removes the parts that nobody works on.
    ///
    /// - Returns: How many bytes they had.
    func removeParts() throws(ImageError) -> Int64 {
        try attempt("clean", "content") { () throws(LinuxError) in
            var bytes: Int64 = 0
            for name in try scratch.entries() where name.bytes.starts(with: Self.partPrefix.utf8) {
                guard let part = try open(part: name), try part.lock(wait: false) else { continue }
                bytes += try part.status().size
                try scratch.unlink(name)
            }
            return bytes
        }
    }

    /// Reads what a power cut may have damaged, and removes what it has.
    ///
    /// - Returns: The digests of what was removed.
    func recover() throws(ImageError) -> Set<Digest> {
        var lost: Set<Digest> = []
        for digest in try digests() {
            let file = try open(digest)
            if try attempt(
                "check",
                digest.description,
                { () throws(LinuxError) in try Durability.holds(file) }
            ) {
                continue
            }
            if try isIntact(digest) {
                try attempt("store", digest.description) { () throws(LinuxError) in
                    try file.synchronize()
                    try Durability.settle(file)
                }
            } else {
                try remove(digest)
                lost.insert(digest)
            }
        }
        return lost
    }

    /// Whether a blob still is what its name says; reads all of it.
    func isIntact(_ digest: Digest) throws(ImageError) -> Bool {
        let file = try open(digest)
        let stream = HashedStream(FileStream(file, subject: digest.description))
        do throws(ImageError) {
            return try stream.finish() == digest
        } catch {
            // A medium that cannot give its bytes back has lost them.
            guard case .system(let cause) = error.cause, cause.errno == EIO else { throw error }
            return false
        }
    }

    /// The blobs that the disk may not have yet.
    func unsettled() throws(ImageError) -> [Descriptor] {
        var files: [Descriptor] = []
        for digest in try digests() {
            guard let file = try? open(digest) else { continue }  // removed meanwhile
            let isSettled = try attempt("look up", digest.description) { () throws(LinuxError) in
                try Durability.isSettled(file)
            }
            if !isSettled { files.append(file) }
        }
        return files
    }

    private func name(_ digest: Digest) -> RawPath { RawPath(digest.hex) ?? "" }
}
