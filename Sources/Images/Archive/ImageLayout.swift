// SPDX-License-Identifier: Apache-2.0

/// Somewhere that images come from as a set of files: a directory or an archive.
protocol ImageLayout {
    /// For messages.
    var subject: String { get }

    /// A small file by its name in the layout, or nil if it is not there.
    func document(_ name: String) throws(ImageError) -> [UInt8]?

    /// Puts a blob into `content`, checked.
    func fetch(_ blob: ContentDescriptor, into content: ContentStore) throws(ImageError)

    /// The bytes of a blob, not checked; nil if only `fetch` gives it.
    func stream(_ blob: ContentDescriptor) throws(ImageError) -> (any ByteStream)?

    /// Puts a file that has no digest yet into `content`, and gives its digest.
    func adopt(
        _ name: String,
        mediaType: String,
        into content: ContentStore
    ) throws(ImageError) -> ContentDescriptor
}
