// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// The bytes of a blob on their way to whoever unpacks it: hashed, and kept in the content store, as they pass.
///
/// What an earlier attempt kept passes first, from the disk.
final class KeptStream: ByteStream {
    private let source: any ByteStream
    private let expecting: ContentDescriptor
    private let writer: BlobWriter?
    private var earlier: FileStream?
    private let hash = SHA256()
    private var size = 0

    /// Without a `writer` the blob is only checked.
    init(_ source: any ByteStream, expecting: ContentDescriptor, writer: BlobWriter?) {
        self.source = source
        self.expecting = expecting
        self.writer = writer
        earlier = writer.flatMap {
            $0.size > 0 ? FileStream($0.file, subject: expecting.digest.description) : nil
        }
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer? {
        if let bytes = try earlier?.next() { return try pass(bytes) }
        earlier = nil
        guard let bytes = try source.next() else { return nil }
        try pass(bytes)
        try writer?.append(bytes)
        return bytes
    }

    @discardableResult
    private func pass(_ bytes: UnsafeRawBufferPointer) throws(ImageError) -> UnsafeRawBufferPointer {
        hash.update(bytes)
        size += bytes.count
        guard size <= expecting.size else {
            throw ImageError(
                "check",
                expecting.digest.description,
                .mismatch(expected: "\(expecting.size) bytes", found: "more")
            )
        }
        return bytes
    }

    /// Throws unless exactly the blob has passed.
    func check() throws(ImageError) {
        try BlobWriter.check(expecting, digest: Digest(hash.finalize()), size: size)
    }
}
