// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// An image layout that lies unpacked in a directory.
///
/// No link in it leads outside.
struct DirectoryLayout: ImageLayout {
    let subject: String
    private let root: Descriptor

    init(_ path: String) throws(ImageError) {
        subject = path
        root = try attempt("import", path) { () throws(LinuxError) in
            try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
        }
    }

    func document(_ name: String) throws(ImageError) -> [UInt8]? {
        guard let file = try open(name) else { return nil }
        do throws(LinuxError) {
            return try file.readAll(limit: Document.maximumBytes)
        } catch {
            guard error.errno != EFBIG else {
                throw ImageError("import", name, .limit("larger than \(Document.maximumBytes) bytes"))
            }
            throw ImageError("import", name, .system(error))
        }
    }

    func fetch(_ blob: ContentDescriptor, into content: ContentStore) throws(ImageError) {
        guard let stream = try stream(blob) else {
            if try content.holds(blob) { return }
            throw ImageError("import", blob.digest.description, .absent)
        }
        // Read even if the store has it: a blob that was damaged there is made good again.
        if try content.holds(blob), try content.isIntact(blob.digest) { return }
        try content.take(stream, expecting: blob)
    }

    func stream(_ blob: ContentDescriptor) throws(ImageError) -> (any ByteStream)? {
        let name = "blobs/sha256/" + blob.digest.hex
        return try open(name).map { FileStream($0, subject: name) }
    }

    func adopt(
        _ name: String,
        mediaType: String,
        into content: ContentStore
    ) throws(ImageError) -> ContentDescriptor {
        guard let file = try open(name) else { throw ImageError("import", name, .absent) }
        let (digest, size) = try content.adopt(FileStream(file, subject: name))
        return ContentDescriptor(mediaType: mediaType, digest: digest, size: size)
    }

    /// Opens a plain file; anything else (a fifo would block) is refused.
    private func open(_ name: String) throws(ImageError) -> Descriptor? {
        guard let path = RawPath(name) else {
            throw ImageError("import", name, .malformed("the name holds a NUL"))
        }
        let file: Descriptor
        do throws(LinuxError) {
            file = try root.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: [.inRoot, .noMagicLinks])
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw ImageError("import", name, .system(error))
        }
        let kind = try attempt("import", name) { () throws(LinuxError) in try file.status().kind }
        guard kind == .file else { throw ImageError("import", name, .malformed("not a plain file")) }
        return file
    }
}
