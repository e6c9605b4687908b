// SPDX-License-Identifier: Apache-2.0
package import Linux
package import Objects
package import Transfer

extension StoredVolume {
    /// A version of plain files and folders alone has so many of them at most.
    private static let mostPlain = 200_000

    /// Makes a version in an empty directory that is of plain files and folders alone: no link leads out of it.
    ///
    /// - Parameters:
    ///   - record: The version.
    ///   - store: Where it is.
    ///   - root: The directory.
    ///   - limit: Bytes of all files, at most.
    ///   - scope: Ends it early.
    /// - Throws: `refused` if it has anything else, or more.
    package static func restorePlain(
        _ record: CommitRecord,
        from store: any ObjectStore,
        into root: Descriptor,
        limit: UInt64,
        in scope: TransferScope
    ) throws(VolumeError) {
        let chunks = ChunkReader(from: store, in: scope)
        let entries = try TreeReader.read(record.root, with: chunks).entries
        func refuse(_ path: String, _ why: String) -> VolumeError {
            VolumeError("restore", path, .refused(why))
        }
        guard entries.count <= mostPlain else { throw refuse("/", "has \(entries.count) files") }
        var bytes: UInt64 = 0
        for entry in entries {
            switch entry.kind {
            case .directory: continue
            case .file:
                guard entry.size <= limit - bytes else { throw refuse("/", "has more than \(limit) bytes") }
                bytes += entry.size
            default: throw refuse(entry.path.description, "is neither a plain file nor a folder")
            }
        }
        try TreeRestore.run(entries, into: root, with: chunks)
    }
}
