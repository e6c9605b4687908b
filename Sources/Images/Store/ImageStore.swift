// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The verified image cache of one folder: `content/sha256/HEX`, `layers/HEX/` and `index.json`.
///
/// Blobs that are on their way are in `content/.part-HEX`, where nobody looks for one.
///
/// What has a name in it is whole and verified, at every instant and after every crash. Several agents may share
/// the folder: see `ImageStore+Locks`. All calls block on disk and lock; make them on a thread of their own, never on
/// Swift's cooperative pool.
public final class ImageStore: Sendable {
    /// The folder.
    public let path: String
    let root: Descriptor
    let content: ContentStore
    let layers: LayerStore
    let limits: ImageLimits
    let platform = Platform.running

    /// Opens the store in a folder, which is made if needed, and clears away what a crashed writer left.
    public static func open(
        at path: String,
        limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> ImageStore {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw ImageError("open image store", path, .malformed("the path is not absolute"))
        }
        let store = try ImageStore(path, limits: limits)
        try store.recover()
        return store
    }

    private init(_ path: String, limits: ImageLimits) throws(ImageError) {
        (root, content, layers) = try attempt("open image store", path) { () throws(LinuxError) in
            func folder(_ name: RawPath, in parent: Descriptor) throws(LinuxError) -> Descriptor {
                do throws(LinuxError) {
                    try parent.makeDirectory(name, mode: 0o700)
                } catch {
                    guard error.errno == EEXIST else { throw error }
                }
                let folder = try parent.open(
                    name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    resolve: [.beneath, .noSymlinks]
                )
                // Layers hold setuid programs: nobody else may come through here (CVE-2021-41091).
                try folder.changeMode(0o700)
                return folder
            }
            if mkdir(path, 0o700) != 0, errno != EEXIST { throw LinuxError("mkdir", path, errno: errno) }
            let root = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
            try root.changeMode(0o700)
            let content = try folder("content", in: root)
            return (
                root,
                ContentStore(directory: try folder("sha256", in: content), scratch: content),
                LayerStore(path: path + "/layers", directory: try folder("layers", in: root), limits: limits)
            )
        }
        self.path = path
        self.limits = limits
    }

    /// All images by name.
    ///
    /// A name whose content is damaged is left out; `resolve` tells why.
    public func list() throws(ImageError) -> [Image] {
        var images: [Image] = []
        for entry in try StoreRecord.read(from: root).images {
            if let image = try? image(entry) { images.append(image) }
        }
        return images
    }

    /// The image of a name, ready to run, or nil if the store does not have it.
    ///
    /// A layer that is missing is unpacked again from its blob.
    public func resolve(_ reference: Reference) throws(ImageError) -> Image? {
        guard let entry = try StoreRecord.read(from: root)[reference] else { return nil }
        return try ready(entry)
    }

    /// The image of a manifest that a name may no longer point at, ready to run, or nil if the store does not
    /// have it.
    ///
    /// What was resolved once stays what it is, however its name moves.
    public func resolve(_ digest: Digest, name: String) throws(ImageError) -> Image? {
        let bytes: [UInt8]
        do throws(ImageError) {
            bytes = try content.bytes(digest)
        } catch {
            guard error.cause == .absent else { throw error }
            return nil
        }
        let manifest = ContentDescriptor(
            mediaType: MediaType.ofManifest(bytes),
            digest: digest,
            size: bytes.count
        )
        return try ready(StoreRecord.Entry(name: name, manifest: manifest, source: digest))
    }

    private func ready(_ entry: StoreRecord.Entry) throws(ImageError) -> Image {
        let image = try image(entry)
        content.touch(entry.manifest.digest)
        var missing = false
        for diffID in image.config.diffIDs where try !layers.holds(diffID) { missing = true }
        if missing {
            try shared { () throws(ImageError) in try unpack(entry.manifest) }
        }
        return image
    }

    /// Points a name at what another one points at.
    ///
    /// - Throws: `absent` if the store has no `source`.
    public func tag(_ source: Reference, as name: Reference) throws(ImageError) {
        guard name.digest == nil else {
            throw ImageError("tag", name.description, .malformed("a name with a digest cannot be given"))
        }
        try changeRecord { record throws(ImageError) in
            guard let entry = record[source] else { throw ImageError("tag", source.description, .absent) }
            record.set(name, entry.manifest, source: entry.source)
        }
    }

    /// Forgets a name, then removes all content that no name, no pin and no manifest in `pinned` needs.
    ///
    /// While someone pulls or imports, the content stays until the next collection.
    ///
    /// - Returns: False if there was no such name.
    @discardableResult
    public func remove(_ reference: Reference, pinned: Set<Digest> = []) throws(ImageError) -> Bool {
        let isRemoved = try changeRecord { record throws(ImageError) in record.remove(reference) }
        guard isRemoved else { return false }
        try ifQuiet { () throws(ImageError) in _ = try collect(pinned: pinned) }
        return true
    }

    /// Removes all content that no name, no pin and no manifest in `pinned` needs.
    public func collectGarbage(pinned: Set<Digest> = []) throws(ImageError) {
        try locked { () throws(ImageError) in _ = try collect(pinned: pinned) }
    }
}
