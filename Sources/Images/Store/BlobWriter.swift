// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A blob on its way into the content store: it gets its name once it is whole.
///
/// Its file is locked by this writer, and its own with or without a name: what nobody works on is litter, but for a
/// part that is named after its digest, which a later writer takes up.
final class BlobWriter {
    /// Open at its end for writing, unless what was there before is still to be read.
    let file: Descriptor
    /// Bytes that an earlier writer left.
    let size: Int
    private let directory: Descriptor
    private let scratch: Descriptor
    private let name: RawPath
    private var isNamed = false

    /// Starts a new blob.
    init(directory: Descriptor, scratch: Descriptor) throws(ImageError) {
        self.directory = directory
        self.scratch = scratch
        (name, file) = try attempt("store", "a new blob") { () throws(LinuxError) in
            try Scratch.file(in: scratch)
        }
        size = 0
    }

    /// Goes on with `file`, which holds `size` bytes under `name` and is locked.
    init(directory: Descriptor, scratch: Descriptor, part name: RawPath, _ file: Descriptor, size: Int) {
        self.directory = directory
        self.scratch = scratch
        self.name = name
        self.file = file
        self.size = size
    }

    deinit {
        if !isNamed { try? scratch.unlink(name) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        try attempt("store", "a new blob") { () throws(LinuxError) in try file.write(all: bytes) }
    }

    /// Gives what was written the name of its digest, which the caller has checked.
    func finish(_ digest: Digest) throws(ImageError) {
        try attempt("store", digest.description) { () throws(LinuxError) in
            guard let final = RawPath(digest.hex) else { return }
            if try directory.status(final) == nil {
                try Durability.begin(file)
            } else {
                // What it replaces may be on the disk: that must not be lost for something that is not.
                try file.synchronize()
                try Durability.settle(file)
            }
            try scratch.rename(name, to: final, in: directory)
        }
        isNamed = true
    }

    /// Removes what was written.
    func discard() {
        guard !isNamed else { return }
        try? scratch.unlink(name)
        isNamed = true
    }

    /// Leaves what was written for a later writer, if it has a name that one finds and is worth it.
    func release() {
        let isWorth = (try? file.status().size).map { $0 >= Self.worth } ?? false
        guard !Scratch.isScratch(name), isWorth else { return discard() }
        isNamed = true
        // This writer may live on for a while.
        _ = flock(file.number, LOCK_UN)
    }

    /// So many bytes are worth a request for the rest.
    static let worth: Int64 = 64 << 10

    static func check(_ content: ContentDescriptor, digest: Digest, size: Int) throws(ImageError) {
        guard size == content.size else {
            throw ImageError(
                "check",
                content.digest.description,
                .mismatch(expected: "\(content.size) bytes", found: "\(size)")
            )
        }
        guard digest == content.digest else {
            throw ImageError(
                "check",
                content.digest.description,
                .mismatch(expected: content.digest.description, found: digest.description)
            )
        }
    }
}
