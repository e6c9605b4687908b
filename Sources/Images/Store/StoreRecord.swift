// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Which names the store knows: `index.json`, replaced as a whole.
struct StoreRecord: Codable, Equatable {
    struct Entry: Codable, Equatable {
        /// The reference in normal form.
        let name: String
        /// Where its manifest is.
        let manifest: ContentDescriptor
        /// What the name pointed to where it came from: the manifest or an index of platforms.
        let source: Digest
        /// When a registry was asked for it last, in seconds since 1970; nil if none was.
        var pulledAt: Int64?
    }

    private(set) var version = 1
    private(set) var images: [Entry] = []

    private static let file: RawPath = "index.json"

    /// Reads the record; a store without one is empty.
    static func read(from root: Descriptor) throws(ImageError) -> StoreRecord {
        let file: Descriptor
        do throws(LinuxError) {
            file = try root.open(Self.file, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
        } catch {
            if error.errno == ENOENT { return StoreRecord() }
            throw ImageError("read", "index.json of the image store", .system(error))
        }
        let bytes = try attempt("read", "index.json of the image store") { () throws(LinuxError) in
            try file.readAll(limit: Document.maximumBytes)
        }
        let record = try Document.decode(
            StoreRecord.self,
            from: bytes,
            "read",
            "index.json of the image store"
        )
        guard record.version == 1 else {
            throw ImageError(
                "read",
                "index.json of the image store",
                .unsupported("version \(record.version); remove the file to start with an empty store")
            )
        }
        return record
    }

    /// Replaces the record: after a crash either the old or the new one is there, whole.
    func write(to root: Descriptor) throws(ImageError) {
        let bytes = try Document.encode(self, "index.json of the image store")
        try attempt("write", "index.json of the image store") { () throws(LinuxError) in
            try root.replace(Self.file, with: bytes)
        }
    }

    /// The entry for a name; a digest wins over the tag, and may be that of the manifest or of the index.
    subscript(_ reference: Reference) -> Entry? {
        guard let digest = reference.digest else { return images.first { $0.name == reference.description } }
        return images.first {
            ($0.manifest.digest == digest || $0.source == digest)
                && (try? Reference($0.name))?.name == reference.name
        }
    }

    /// Points a name at a manifest.
    mutating func set(
        _ name: Reference,
        _ manifest: ContentDescriptor,
        source: Digest,
        pulledAt: Int64? = nil
    ) {
        images.removeAll { $0.name == name.description }
        let bare = ContentDescriptor(
            mediaType: manifest.mediaType,
            digest: manifest.digest,
            size: manifest.size
        )
        images.append(Entry(name: name.description, manifest: bare, source: source, pulledAt: pulledAt))
        images.sort { $0.name < $1.name }
    }

    /// Forgets the names that `isKept` does not speak for.
    mutating func keep(where isKept: (Entry) -> Bool) { images = images.filter(isKept) }

    /// Forgets a name; false if it was not there.
    mutating func remove(_ reference: Reference) -> Bool {
        guard let entry = self[reference] else { return false }
        images.removeAll { $0 == entry }
        return true
    }
}
