// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A blob on its way into the content store: hashed while it is written, named once it is whole.
final class BlobWriter {
    private let directory: Descriptor
    private let scratch: Descriptor
    private let name = RawPath.scratchName()
    private let file: Descriptor
    private let hash = SHA256()
    private var size = 0
    private var isNamed = false

    init(directory: Descriptor, scratch: Descriptor) throws(ImageError) {
        self.directory = directory
        self.scratch = scratch
        let name = name
        file = try attempt("store", "a new blob") { () throws(LinuxError) in
            try scratch.open(
                name,
                O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks]
            )
        }
    }

    deinit {
        if !isNamed { try? scratch.unlink(name) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        hash.update(bytes)
        size += bytes.count
        try attempt("store", "a new blob") { () throws(LinuxError) in try file.write(all: bytes) }
    }

    /// Writes the rest of an open file; stops early once it is longer than `expecting` allows.
    func copy(from source: Descriptor, expecting: ContentDescriptor) throws(ImageError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try attempt("read", expecting.digest.description) { () throws(LinuxError) in
                try source.read(into: buffer)
            }
            if count == 0 { return }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard size <= expecting.size else {
                throw ImageError(
                    "check",
                    expecting.digest.description,
                    .mismatch(expected: "\(expecting.size) bytes", found: "more")
                )
            }
        }
    }

    /// Checks what was written, then makes it durable and visible under its digest.
    func finish(expecting: ContentDescriptor?) throws(ImageError) -> (digest: Digest, size: Int) {
        let digest = Digest(hash.finalize())
        if let expecting { try Self.check(expecting, digest: digest, size: size) }
        try attempt("store", digest.description) { () throws(LinuxError) in
            try file.synchronize()
            guard let final = RawPath(digest.hex) else { return }
            try scratch.rename(name, to: final, in: directory)
        }
        isNamed = true
        return (digest, size)
    }

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

extension RawPath {
    /// A name for something unfinished, which nobody else has.
    static func scratchName() -> RawPath {
        RawPath(".tmp-\(getpid())-" + String(UInt64.random(in: .min ... .max), radix: 16)) ?? ""
    }
}
