// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Unpacked layers by DiffID: `layers/HEX/`, each a lower directory for overlayfs, shared by all images.
///
/// A layer is unpacked under `layers/.tmp-*/tree` and gets its name by one rename once all of it is verified: what has
/// a name is whole. Whether it also survived a power cut is what `Durability` tells.
final class LayerStore: Sendable {
    let limits: ImageLimits
    private let path: String
    private let directory: Descriptor

    init(path: String, directory: Descriptor, limits: ImageLimits) {
        self.path = path
        self.directory = directory
        self.limits = limits
    }

    /// Where a layer is, or will be.
    func path(of diffID: Digest) -> String { path + "/" + diffID.hex }

    /// Whether a layer is there and may be believed.
    func holds(_ diffID: Digest) throws(ImageError) -> Bool {
        try attempt("look up", diffID.description) { () throws(LinuxError) in
            guard let tree = try open(diffID) else { return false }
            return try Durability.holds(tree)
        }
    }

    private func open(_ diffID: Digest) throws(LinuxError) -> Descriptor? {
        do throws(LinuxError) {
            return try directory.open(folder: name(diffID))
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            return nil
        }
    }

    /// A place to unpack a layer in.
    func scratch() throws(ImageError) -> LayerScratch {
        try attempt("unpack", "a new layer") { () throws(LinuxError) in try LayerScratch(in: directory) }
    }

    /// Gives an unpacked layer its name, unless it is there already.
    func place(_ scratch: LayerScratch, as diffID: Digest) throws(ImageError) {
        try attempt("unpack", diffID.description) { () throws(LinuxError) in
            try Durability.begin(scratch.tree)
            var attempts = 0
            while true {
                do throws(LinuxError) {
                    return try scratch.folder.rename("tree", to: name(diffID), in: directory)
                } catch {
                    guard [EEXIST, ENOTEMPTY, ENOTDIR].contains(error.errno), attempts < 8 else {
                        throw error
                    }
                }
                attempts += 1
                if let present = try open(diffID), try Durability.holds(present) { return }
                do throws(LinuxError) {
                    try scratch.trash.take(name(diffID), from: directory)
                } catch {
                    guard error.errno == ENOENT else { throw error }
                }
            }
        }
    }

    /// Unpacks a blob that is in the content store; refused unless it is what it should be, packed and unpacked.
    @discardableResult
    func unpack(_ file: Descriptor, _ blob: ContentDescriptor, diffID: Digest) throws(ImageError)
        -> LayerReport
    {
        let writer = try LayerWriter(blob, diffID: diffID, writer: nil, layers: self)
        return try writer.take(FileStream(file, subject: blob.digest.description))
    }

    /// Unpacks plain bytes into a folder, without a name; refused unless they have the digest `diffID`.
    func unpack(
        _ plain: any ByteStream,
        diffID: Digest,
        into scratch: LayerScratch
    ) throws(ImageError) -> LayerReport {
        try ConfinedUnpacking(plain, diffID: diffID, into: scratch, limits: limits).run()
    }

    /// The DiffIDs of all layers.
    func diffIDs() throws(ImageError) -> [Digest] {
        let names = try attempt("list", "layers") { () throws(LinuxError) in try directory.entries() }
        return names.compactMap { try? Digest(hex: $0.description) }
    }

    /// The tree of a layer; nil if it is not there.
    func tree(_ diffID: Digest) throws(ImageError) -> Descriptor? {
        try attempt("open", diffID.description) { () throws(LinuxError) in try open(diffID) }
    }

    /// When a layer was unpacked, in seconds since 1970: its times are those that its archive gave it.
    func arrival(_ diffID: Digest) throws(ImageError) -> Int64 {
        try attempt("look up", diffID.description) { () throws(LinuxError) in
            try directory.status(name(diffID))?.changed ?? 0
        }
    }

    /// Takes a layer out of the store, under another folder.
    func setAside(_ diffID: Digest, in folder: Descriptor) throws(ImageError) {
        try attempt("set aside", diffID.description) { () throws(LinuxError) in
            let aside =
                RawPath("layer-\(diffID.hex)-" + String(UInt32.random(in: .min ... .max), radix: 16)) ?? ""
            try directory.rename(name(diffID), to: aside, in: folder)
        }
    }

    /// Removes a layer if it is there: it loses its name first, so a half removed layer is never believed.
    func remove(_ diffID: Digest) throws(ImageError) {
        try attempt("remove", diffID.description) { () throws(LinuxError) in
            guard try directory.status(name(diffID)) != nil else { return }
            try Scratch.remove(name(diffID), from: directory)
        }
    }

    /// Removes what an interrupted writer left, and layers that a power cut may have damaged: they are unpacked again
    /// when they are wanted.
    func sweep() throws(ImageError) {
        try attempt("clean", "layers") { () throws(LinuxError) in try Scratch.sweep(directory) }
        for diffID in try diffIDs() where try !holds(diffID) { try remove(diffID) }
    }

    /// The layers that the disk may not have yet.
    func unsettled() throws(ImageError) -> [Descriptor] {
        var trees: [Descriptor] = []
        for diffID in try diffIDs() {
            try attempt("look up", diffID.description) { () throws(LinuxError) in
                guard let tree = try open(diffID), try !Durability.isSettled(tree) else { return }
                trees.append(tree)
            }
        }
        return trees
    }

    private func name(_ diffID: Digest) -> RawPath { RawPath(diffID.hex) ?? "" }
}
