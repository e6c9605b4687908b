// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Unpacked layers by DiffID: `layers/HEX/`, each a lower directory for overlayfs, shared by all images.
///
/// A layer is unpacked under `layers/.tmp-*/tree` and gets its name by one rename after everything is on the disk:
/// what has a name is whole.
final class LayerStore: Sendable {
    private let path: String
    private let directory: Descriptor
    private let limits: ImageLimits

    init(path: String, directory: Descriptor, limits: ImageLimits) {
        self.path = path
        self.directory = directory
        self.limits = limits
    }

    /// Where a layer is, or will be.
    func path(of diffID: Digest) -> String { path + "/" + diffID.hex }

    /// Whether a layer is there.
    func holds(_ diffID: Digest) throws(ImageError) -> Bool {
        try attempt("look up", diffID.description) { () throws(LinuxError) in
            try directory.status(name(diffID))?.kind == .directory
        }
    }

    /// Unpacks a blob; refused unless its uncompressed bytes have the digest `diffID`.
    @discardableResult
    func unpack(_ blob: Descriptor, diffID: Digest) throws(ImageError) -> LayerReport {
        let scratchName = RawPath.scratchName()
        let scratch = try attempt("unpack", diffID.description) { () throws(LinuxError) in
            try make(scratchName, in: directory)
        }
        do throws(ImageError) {
            let report = try unpack(blob, diffID: diffID, in: scratch)
            try attempt("unpack", diffID.description) { () throws(LinuxError) in
                try remove(scratchName)
                try directory.synchronize()
            }
            return report
        } catch {
            try? remove(scratchName)
            throw error
        }
    }

    private func unpack(
        _ blob: Descriptor,
        diffID: Digest,
        in scratch: Descriptor
    ) throws(ImageError) -> LayerReport {
        let (tree, trash) = try attempt("unpack", diffID.description) { () throws(LinuxError) in
            (try make("tree", in: scratch), try make("trash", in: scratch))
        }
        // The root is as open as any directory without an entry of its own; the folder above it is 0700.
        try attempt("unpack", diffID.description) { () throws(LinuxError) in try tree.changeMode(0o755) }
        let unpacker = LayerUnpacker(tree: tree, trash: Trash(trash), limits: limits)
        let found = try unpacker.unpack(blob, subject: diffID.description)
        guard found == diffID else {
            throw ImageError(
                "unpack",
                diffID.description,
                .mismatch(expected: "DiffID \(diffID)", found: found.description)
            )
        }
        try attempt("unpack", diffID.description) { () throws(LinuxError) in
            try tree.synchronizeFileSystem()
            try scratch.rename("tree", to: name(diffID), in: directory)
        }
        return unpacker.report
    }

    /// The DiffIDs of all layers.
    func diffIDs() throws(ImageError) -> [Digest] {
        let names = try attempt("list", "layers") { () throws(LinuxError) in try directory.entries() }
        return names.compactMap { try? Digest(hex: $0.description) }
    }

    /// Removes a layer if it is there: it loses its name first, so a half removed layer is never believed.
    func remove(_ diffID: Digest) throws(ImageError) {
        guard try holds(diffID) else { return }
        try attempt("remove", diffID.description) { () throws(LinuxError) in
            let moved = RawPath.scratchName()
            try directory.rename(name(diffID), to: moved, in: directory)
            try remove(moved)
        }
    }

    /// Removes what an interrupted writer left.
    ///
    /// The caller holds the writers' lock.
    func sweep() throws(ImageError) {
        try attempt("clean", "layers") { () throws(LinuxError) in
            for name in try directory.entries() where name.bytes.starts(with: ".tmp-".utf8) {
                try remove(name)
            }
        }
    }

    private func remove(_ name: RawPath) throws(LinuxError) {
        let bin = RawPath.scratchName()
        let trash = Trash(try make(bin, in: directory))
        try trash.take(name, from: directory)
        try trash.empty()
        try directory.removeDirectory(bin)
    }

    private func make(_ name: RawPath, in parent: Descriptor) throws(LinuxError) -> Descriptor {
        try parent.makeDirectory(name, mode: 0o700)
        return try parent.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
    }

    private func name(_ diffID: Digest) -> RawPath { RawPath(diffID.hex) ?? "" }
}
