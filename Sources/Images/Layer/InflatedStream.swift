// SPDX-License-Identifier: Apache-2.0
internal import CArchive
internal import Glibc
internal import Linux

/// The bytes of a file after at most one decompression (gzip or zstd), hashed and counted as they pass.
///
/// What the file is stands in its first bytes; that is safe because the result must have a known digest.
final class InflatedStream {
    private let archive: OpaquePointer
    private let source: Descriptor
    private let subject: String
    private let limits: ImageLimits
    private let maximumBytes: Int64
    private let hash: SHA256?
    private var count: Int64 = 0
    private var isAtEnd = false
    /// The failure that a reader behind the C callbacks has to report.
    private(set) var failure: ImageError?

    init(
        _ source: Descriptor,
        subject: String,
        limits: ImageLimits,
        maximumBytes: Int64,
        hashing: Bool
    ) throws(ImageError) {
        guard let archive = archive_read_new() else {
            throw ImageError("read", subject, .system(LinuxError("archive_read_new", subject, errno: ENOMEM)))
        }
        self.archive = archive
        self.source = source
        self.subject = subject
        self.limits = limits
        self.maximumBytes = maximumBytes
        hash = hashing ? SHA256() : nil

        let first = try attempt("read", subject) { () throws(LinuxError) in
            let bytes = try source.read(4)
            try source.rewind()
            return bytes
        }
        // Only one filter is offered, and only if the first bytes ask for it.
        let isGzip = first.starts(with: [0x1F, 0x8B])
        let isZstd = first == [0x28, 0xB5, 0x2F, 0xFD]
        if isGzip { archive_read_support_filter_gzip(archive) }
        if isZstd { archive_read_support_filter_zstd(archive) }
        archive_read_support_format_raw(archive)
        var entry: OpaquePointer?
        guard archive_read_open_fd(archive, source.number, 1 << 20) == ARCHIVE_OK,
            archive_read_next_header(archive, &entry) == ARCHIVE_OK
        else { throw malformed() }
        // One filter and the file below it: compression in compression is refused.
        guard archive_filter_count(archive) == (isGzip || isZstd ? 2 : 1) else {
            throw ImageError("read", subject, .malformed("compressed more than once"))
        }
    }

    deinit { archive_read_free(archive) }

    /// The next bytes, valid until the next call; nil at the end, or after `failure`.
    func next() -> UnsafeRawBufferPointer? {
        guard !isAtEnd else { return nil }
        var start: UnsafeRawPointer?
        var length = 0
        var offset: la_int64_t = 0
        let status = archive_read_data_block(archive, &start, &length, &offset)
        guard status == ARCHIVE_OK else {
            isAtEnd = true
            if status != ARCHIVE_EOF { failure = malformed() }
            return nil
        }
        count += Int64(length)
        let compressed = archive_filter_bytes(archive, -1)
        if count > maximumBytes {
            failure = ImageError("read", subject, .limit("more than \(maximumBytes) bytes when uncompressed"))
        } else if count > limits.ratioFloor, count / max(compressed, 1) > limits.ratio {
            failure = ImageError("read", subject, .limit("compressed more than \(limits.ratio) times"))
        }
        if failure != nil {
            isAtEnd = true
            return nil
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: length)
        hash?.update(bytes)
        return bytes
    }

    /// Reads what is left, and gives the digest of everything that passed.
    func finish() throws(ImageError) -> Digest {
        while next() != nil {}
        if let failure { throw failure }
        guard let hash else { return Digest(of: []) }
        return Digest(hash.finalize())
    }

    private func malformed() -> ImageError {
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "not readable"
        return ImageError("read", subject, .malformed(text.prefix(1).lowercased() + text.dropFirst()))
    }
}
