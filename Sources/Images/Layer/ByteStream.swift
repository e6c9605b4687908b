// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Bytes that come in order, a block at a time.
///
/// No block is empty, and a short one is the last or followed by others just as good: nobody may count on sizes.
protocol ByteStream: AnyObject {
    /// The next block, valid until the next call; nil at the end.
    func next() throws(ImageError) -> UnsafeRawBufferPointer?
}

/// The bytes of a file from its reading position on.
final class FileStream: ByteStream {
    private let file: Descriptor
    private let subject: String
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)

    init(_ file: Descriptor, subject: String) {
        self.file = file
        self.subject = subject
    }

    deinit { buffer.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer? {
        let count = try attempt("read", subject) { () throws(LinuxError) in try file.read(into: buffer) }
        return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}

/// What passes through a stream, hashed.
final class HashedStream: ByteStream {
    private let source: any ByteStream
    private let hash = SHA256()

    init(_ source: any ByteStream) { self.source = source }

    func next() throws(ImageError) -> UnsafeRawBufferPointer? {
        guard let bytes = try source.next() else { return nil }
        hash.update(bytes)
        return bytes
    }

    /// Reads what is left, and gives the digest of everything that passed.
    func finish() throws(ImageError) -> Digest {
        while try next() != nil {}
        return Digest(hash.finalize())
    }
}
