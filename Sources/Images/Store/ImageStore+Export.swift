// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// Images to files.
extension ImageStore {
    /// Writes images as one OCI image layout in a tar archive, every blob checked once more.
    ///
    /// The archive has its name once it is whole; what had the name before is replaced.
    public func exportImages(_ names: [Reference], to path: String) throws(ImageError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, !last.isEmpty, last != ".", last != "..",
            let name = RawPath(String(last))
        else {
            throw ImageError("export", path, .malformed("the path does not end in the name of a file"))
        }
        let parent = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/") + "/"
        let (folder, scratch, file) = try attempt("export", path) { () throws(LinuxError) in
            let folder = try Descriptor.open(parent, O_RDONLY | O_DIRECTORY)
            let (scratch, file) = try Scratch.file(in: folder)
            return (folder, scratch, file)
        }
        do throws(ImageError) {
            try exportImages(names, to: file, subject: path)
            try attempt("export", path) { () throws(LinuxError) in
                try file.changeMode(0o644)
                try file.synchronize()
                try folder.rename(scratch, to: name, in: folder)
            }
        } catch {
            try? folder.unlink(scratch)
            throw error
        }
    }

    /// The same into an open file or a pipe.
    public func exportImages(
        _ names: [Reference],
        to file: Descriptor,
        subject: String
    ) throws(ImageError) {
        try shared { () throws(ImageError) in
            let record = try StoreRecord.read(from: root)
            var entries: [StoreRecord.Entry] = []
            for name in names {
                guard let entry = record[name] else { throw ImageError("export", name.description, .absent) }
                if !entries.contains(entry) { entries.append(entry) }
            }
            let output = TarOutput(file, subject: subject)
            try output.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
            try output.add("index.json", try index(entries))
            var written: Set<Digest> = []
            for entry in entries {
                let (manifest, _) = try documents(entry.manifest)
                for blob in [entry.manifest, manifest.config] + manifest.layers
                where written.insert(blob.digest).inserted {
                    try copy(blob, to: output)
                }
            }
            try output.finish()
        }
    }

    private func copy(_ blob: ContentDescriptor, to output: TarOutput) throws(ImageError) {
        let file = try content.open(blob.digest)
        let stream = KeptStream(
            FileStream(file, subject: blob.digest.description),
            expecting: blob,
            writer: nil
        )
        try output.begin("blobs/sha256/" + blob.digest.hex, size: blob.size)
        while let bytes = try stream.next() { try output.write(bytes) }
        try stream.check()
        try output.end(size: blob.size)
    }

    private func index(_ entries: [StoreRecord.Entry]) throws(ImageError) -> [UInt8] {
        struct Index: Encodable {
            let schemaVersion = 2
            let mediaType = MediaType.ociIndex
            let manifests: [ContentDescriptor]
        }
        var manifests: [ContentDescriptor] = []
        for entry in entries {
            let (_, config) = try documents(entry.manifest)
            let name = try Reference(entry.name)
            // The full name as containerd writes it; the tag as the specification wants it.
            var annotations = ["io.containerd.image.name": entry.name]
            annotations["org.opencontainers.image.ref.name"] = name.tag
            manifests.append(
                ContentDescriptor(
                    mediaType: entry.manifest.mediaType,
                    digest: entry.manifest.digest,
                    size: entry.manifest.size,
                    annotations: annotations,
                    platform: config.platform
                )
            )
        }
        return try Document.encode(Index(manifests: manifests), "index.json")
    }
}
