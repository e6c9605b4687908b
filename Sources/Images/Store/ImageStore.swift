// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The verified image cache of one folder: `content/sha256/HEX`, `layers/HEX/` and `index.json`.
///
/// Blobs that are on their way are in `content/partial/HEX`, where nobody looks for one.
///
/// What has a name in it is whole and verified, at every instant and after every crash. Several agents may share
/// the folder: writers take turns by a file lock. All calls block on disk and lock; make them on a thread of their
/// own, never on Swift's cooperative pool.
public final class ImageStore: Sendable {
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
        try store.sweep()
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
                ContentStore(
                    directory: try folder("sha256", in: content),
                    scratch: content,
                    partial: try folder("partial", in: content)
                ),
                LayerStore(path: path + "/layers", directory: try folder("layers", in: root), limits: limits)
            )
        }
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
        var missing = false
        for diffID in image.config.diffIDs where try !layers.holds(diffID) { missing = true }
        if missing {
            try locked { () throws(ImageError) in try unpack(entry.manifest) }
        }
        return image
    }

    /// Forgets a name, then removes all content that no name and no manifest in `pinned` needs.
    ///
    /// False if there was no such name. Pin what runs now and what a rollback would run.
    @discardableResult
    public func remove(_ reference: Reference, pinned: Set<Digest> = []) throws(ImageError) -> Bool {
        try locked { () throws(ImageError) in
            var record = try StoreRecord.read(from: root)
            guard record.remove(reference) else { return false }
            try record.write(to: root)
            try collect(pinned: pinned)
            return true
        }
    }

    /// Removes all content that no name and no manifest in `pinned` needs.
    public func collectGarbage(pinned: Set<Digest>) throws(ImageError) {
        try locked { () throws(ImageError) in try collect(pinned: pinned) }
    }

    /// Runs one writer at a time, among all processes that share the folder.
    func locked<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try attempt("lock", "image store") { () throws(LinuxError) in
            let lock = try lockFile()
            try lock.lock(wait: true)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    private func lockFile() throws(LinuxError) -> Descriptor {
        try root.open("lock", O_CREAT | O_RDWR | O_NOFOLLOW, mode: 0o600, resolve: [.beneath, .noSymlinks])
    }

    /// Clears leftovers, unless a writer is at work: then they are its own.
    private func sweep() throws(ImageError) {
        let lock = try attempt("clean", "image store") { () throws(LinuxError) in try lockFile() }
        defer { withExtendedLifetime(lock) {} }
        guard try attempt("clean", "image store", { () throws(LinuxError) in try lock.lock(wait: false) })
        else { return }
        try content.sweep()
        try layers.sweep()
        try attempt("clean", "image store") { () throws(LinuxError) in
            for name in try root.entries() where name.bytes.starts(with: ".tmp-".utf8) {
                try root.unlink(name)
            }
        }
    }
}
