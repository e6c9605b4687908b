// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A blob that is whole, durable and what its digest says, but has no name yet; nobody else touches it while this
/// lives.
struct VerifiedBlob: Sendable {
    let content: ContentDescriptor
    let directory: Descriptor
    let name: RawPath
    /// Holds the lock.
    let file: Descriptor

    /// Makes it a blob among others.
    ///
    /// The caller holds the writers' lock.
    func adopt(into blobs: Descriptor) throws(ImageError) {
        try attempt("store", content.digest.description) { () throws(LinuxError) in
            try directory.rename(name, to: name, in: blobs)
        }
    }
}
