// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// An image layout in a tar archive, plain or compressed.
///
/// An archive gives its files in any order, so all of them go to the content store in one pass, under the digest of
/// what they really are; the layout then is a map from names to digests. The importer drops what no image needs.
struct ArchiveLayout: ImageLayout {
    let subject: String
    private var files: [String: (digest: Digest, size: Int)] = [:]
    private var links: [String: String] = [:]
    private let content: ContentStore

    init(_ path: String, into content: ContentStore, limits: ImageLimits) throws(ImageError) {
        subject = path
        self.content = content
        let file = try attempt("import", path) { () throws(LinuxError) in
            try Descriptor.open(path, O_RDONLY | O_NOCTTY)
        }
        let stream = try InflatedStream(
            FileStream(file, subject: path),
            subject: path,
            limits: limits,
            maximumBytes: limits.archiveBytes
        )
        let reader = try TarReader(stream, subject: path)
        var count = 0
        while let entry = try reader.next() {
            count += 1
            guard count <= limits.archiveFiles else {
                throw ImageError("import", path, .limit("more than \(limits.archiveFiles) entries"))
            }
            let components = try EntryPath(entry.path, depth: limits.depth).components
            let name = components.map(\.description).joined(separator: "/")
            switch entry.kind {
            case .file:
                guard files[name] == nil, links[name] == nil else {
                    throw ImageError("import", name, .malformed("the archive has this name twice"))
                }
                files[name] = try Self.copy(entry, from: reader, into: content)
            case .link(let target):
                let text = String(decoding: target, as: UTF8.self)
                links[name] = Self.joined(components.dropLast().map(\.description), text)
            case .hardLink(let target):
                links[name] = Self.joined([], String(decoding: target, as: UTF8.self))
            default: break
            }
        }
        // To the end, for the checksum of the compression.
        while try stream.next() != nil {}
    }

    func document(_ name: String) throws(ImageError) -> [UInt8]? {
        guard let file = find(name) else { return nil }
        return try content.document(
            ContentDescriptor(mediaType: "application/json", digest: file.digest, size: file.size)
        )
    }

    func fetch(_ blob: ContentDescriptor, into content: ContentStore) throws(ImageError) {
        guard let file = find("blobs/sha256/" + blob.digest.hex) else {
            // The same content from an earlier import serves as well.
            if try content.holds(blob) { return }
            throw ImageError("import", blob.digest.description, .absent)
        }
        try BlobWriter.check(blob, digest: file.digest, size: file.size)
    }

    /// All blobs were stored when the archive was read.
    func stream(_ blob: ContentDescriptor) throws(ImageError) -> (any ByteStream)? { nil }

    func adopt(
        _ name: String,
        mediaType: String,
        into content: ContentStore
    ) throws(ImageError) -> ContentDescriptor {
        guard let file = find(name) else { throw ImageError("import", name, .absent) }
        return ContentDescriptor(mediaType: mediaType, digest: file.digest, size: file.size)
    }

    private func find(_ name: String) -> (digest: Digest, size: Int)? {
        var name = name
        for _ in 0..<8 {
            if let file = files[name] { return file }
            guard let target = links[name] else { return nil }
            name = target
        }
        return nil
    }

    private static func copy(
        _ entry: TarEntry,
        from reader: TarReader,
        into content: ContentStore
    ) throws(ImageError) -> (digest: Digest, size: Int) {
        let writer = try content.writer()
        let hash = SHA256()
        var end: Int64 = 0
        try reader.content { bytes, offset throws(ImageError) in
            guard offset == end else {
                throw ImageError("import", entry.subject, .unsupported("a sparse file"))
            }
            end += Int64(bytes.count)
            hash.update(bytes)
            try writer.append(bytes)
        }
        guard end == entry.size else {
            throw ImageError(
                "import",
                entry.subject,
                .mismatch(expected: "\(entry.size) bytes", found: "\(end)")
            )
        }
        let digest = Digest(hash.finalize())
        try writer.finish(digest)
        return (digest, Int(end))
    }

    /// Joins names in the archive; what leads out of it becomes a name that nothing has.
    private static func joined(_ directory: [String], _ text: String) -> String {
        var parts = text.hasPrefix("/") ? [] : directory
        for part in text.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(String(part))
                continue
            }
            guard parts.popLast() != nil else { return "" }
        }
        return parts.joined(separator: "/")
    }
}
