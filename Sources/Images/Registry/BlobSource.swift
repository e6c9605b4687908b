// SPDX-License-Identifier: Apache-2.0

/// Where blobs come from as a stream.
protocol BlobSource: Sendable {
    /// How many places can be tried for a blob, each with the whole of it.
    var places: Int { get }

    /// Gives the bytes of a blob from `offset` to its end to `sink`, in order and each once; blocks until then.
    ///
    /// They are an outsider's: whoever takes them computes their digest, and begins anew at another place if it is
    /// wrong. Neither more nor less than the blob's size is given.
    func read(
        _ blob: ContentDescriptor,
        from offset: Int64,
        place: Int,
        _ sink: (UnsafeRawBufferPointer) throws(ImageError) -> Void
    ) throws(ImageError)
}
