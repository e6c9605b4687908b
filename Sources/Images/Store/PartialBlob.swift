// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A blob of known digest that arrives in pieces, possibly of several processes' lives: `content/partial/HEX`.
///
/// What is there is believed by nobody: all of it is hashed, what an earlier life left as well, before it becomes a
/// blob. The lock of its file keeps others away while one writes it.
final class PartialBlob {
    let content: ContentDescriptor
    /// Bytes that are here.
    private(set) var count: Int64 = 0
    private let directory: Descriptor
    private let name: RawPath
    private let file: Descriptor
    private var hash = SHA256()

    /// Takes over what is there of a blob, or begins; nil if somebody else is at it.
    init?(_ content: ContentDescriptor, in directory: Descriptor) throws(ImageError) {
        let subject = content.digest.description
        let name = RawPath(content.digest.hex) ?? ""
        let opened = try attempt("store", subject) { () throws(LinuxError) -> Descriptor? in
            let file = try directory.open(
                name,
                O_CREAT | O_RDWR | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks]
            )
            guard try file.lock(wait: false) else { return nil }
            // The one before us may have finished it: then the name is gone, or another file's.
            let (ours, named) = (try file.status(), try directory.status(name))
            return ours.kind == .file && named?.inode == ours.inode ? file : nil
        }
        guard let opened else { return nil }
        self.content = content
        self.directory = directory
        self.name = name
        file = opened
        try takeOver()
    }

    /// Hashes what is there; more than there may be is none of it.
    private func takeOver() throws(ImageError) {
        let subject = content.digest.description
        let size = try attempt("read", subject) { () throws(LinuxError) in try file.status().size }
        guard size <= Int64(content.size) else { return try restart() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let read = try attempt("read", subject) { () throws(LinuxError) in try file.read(into: buffer) }
            if read == 0 { return }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            count += Int64(read)
        }
    }

    /// Puts bytes behind those that are here.
    func append(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        guard count + Int64(bytes.count) <= Int64(content.size) else {
            throw ImageError(
                "check",
                content.digest.description,
                .mismatch(expected: "\(content.size) bytes", found: "more")
            )
        }
        try attempt("store", content.digest.description) { () throws(LinuxError) in
            try file.write(all: bytes, at: count)
        }
        hash.update(bytes)
        count += Int64(bytes.count)
    }

    /// Forgets all bytes.
    func restart() throws(ImageError) {
        try attempt("store", content.digest.description) { () throws(LinuxError) in try file.resize(0) }
        hash = SHA256()
        count = 0
    }

    /// Checks that it is the blob, and makes it durable; it still has no name that counts.
    func verify() throws(ImageError) -> VerifiedBlob {
        let found = Digest(hash.finalize())
        hash = SHA256()
        try BlobWriter.check(content, digest: found, size: Int(count))
        try attempt("store", content.digest.description) { () throws(LinuxError) in try file.synchronize() }
        return VerifiedBlob(content: content, directory: directory, name: name, file: file)
    }

    /// Removes it.
    func discard() throws(ImageError) {
        try attempt("remove", content.digest.description) { () throws(LinuxError) in
            try directory.unlink(name)
        }
    }
}
