// SPDX-License-Identifier: Apache-2.0
package import Linux
package import Objects
package import Transfer

extension StoredVolume {
    /// Makes a version in an empty directory, and tells how many of its entries are made.
    package static func restore(
        _ record: CommitRecord,
        from store: any ObjectStore,
        into root: Descriptor,
        in scope: TransferScope,
        told: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(VolumeError) {
        let chunks = ChunkReader(from: store, in: scope)
        let entries = try TreeReader.read(record.root, with: chunks).entries, count = entries.count
        try TreeRestore.run(entries, into: root, with: chunks) { told($0, count) }
        // One for all files: whoever names the directory after this finds them also after a loss of power.
        do throws(LinuxError) { try root.synchronizeFileSystem() } catch {
            throw VolumeError("restore", "/", .system(error))
        }
    }
}
