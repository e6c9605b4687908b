// SPDX-License-Identifier: Apache-2.0
internal import CArchive
internal import Glibc
internal import Linux

/// The entries of a tar archive (ustar, GNU, PAX) that comes from a stream.
///
/// Reads only; extracts nothing.
final class TarReader {
    private let archive: OpaquePointer
    private let feed: Feed
    private let subject: String

    /// Stands behind the C callback: where its bytes come from, and why they stopped.
    private final class Feed {
        let stream: any ByteStream
        var failure: ImageError?

        init(_ stream: any ByteStream) { self.stream = stream }

        func next() -> UnsafeRawBufferPointer? {
            do throws(ImageError) {
                return try stream.next()
            } catch {
                failure = error
                return nil
            }
        }
    }

    init(_ stream: any ByteStream, subject: String) throws(ImageError) {
        guard let archive = archive_read_new() else {
            throw ImageError("read", subject, .system(LinuxError("archive_read_new", subject, errno: ENOMEM)))
        }
        self.archive = archive
        feed = Feed(stream)
        self.subject = subject
        archive_read_support_format_tar(archive)
        // The reader lives as long as the archive below, and holds the feed.
        let status = archive_read_open2(
            archive,
            Unmanaged.passUnretained(feed).toOpaque(),
            nil,
            { _, client, buffer in
                guard let client else { return -1 }
                let feed = Unmanaged<Feed>.fromOpaque(client).takeUnretainedValue()
                let bytes = feed.next()
                buffer?.pointee = bytes?.baseAddress
                return feed.failure == nil ? bytes?.count ?? 0 : -1
            },
            nil,
            nil
        )
        guard status == ARCHIVE_OK else { throw problem() }
    }

    deinit { archive_read_free(archive) }

    /// The next entry, or nil at the end of the archive.
    func next() throws(ImageError) -> TarEntry? {
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        // A warning is about text that is not in the locale, or an attribute that was skipped: both are judged here.
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { throw problem() }
        return TarEntry(entry)
    }

    /// Gives the content of the current entry block by block, with offsets; holes are left out.
    func content(
        _ body: (UnsafeRawBufferPointer, Int64) throws(ImageError) -> Void
    ) throws(ImageError) {
        while true {
            var start: UnsafeRawPointer?
            var length = 0
            var offset: la_int64_t = 0
            let status = archive_read_data_block(archive, &start, &length, &offset)
            if status == ARCHIVE_EOF { return }
            guard status == ARCHIVE_OK else { throw problem() }
            if length > 0 { try body(UnsafeRawBufferPointer(start: start, count: length), Int64(offset)) }
        }
    }

    private func problem() -> ImageError {
        if let failure = feed.failure { return failure }
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "not a tar archive"
        return ImageError("read", subject, .malformed(text.prefix(1).lowercased() + text.dropFirst()))
    }
}
