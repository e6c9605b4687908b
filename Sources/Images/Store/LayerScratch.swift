// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folder in which a layer is unpacked: `.tmp-*/tree`, and `.tmp-*/trash` for what it replaces of its own.
final class LayerScratch {
    /// What becomes the layer.
    let tree: Descriptor
    /// For what is on its way out.
    let trash: Trash
    let folder: Descriptor
    private let name: RawPath
    private let directory: Descriptor
    private var isGone = false

    init(in directory: Descriptor) throws(LinuxError) {
        self.directory = directory
        let (name, folder) = try Scratch.folder(in: directory)
        self.name = name
        self.folder = folder
        do throws(LinuxError) {
            tree = try folder.makeFolder("tree")
            // The root is as open as any directory without an entry of its own; what is above it is 0700.
            try tree.changeMode(0o755)
            trash = Trash(try folder.makeFolder("trash"))
        } catch {
            try? Scratch.remove(name, from: directory)
            throw error
        }
    }

    /// Removes what is left here.
    ///
    /// What cannot be removed is litter, which the next opening of the store sweeps.
    func discard() {
        guard !isGone else { return }
        isGone = true
        try? Scratch.remove(name, from: directory)
    }
}

extension Descriptor {
    /// Makes a folder that only its owner may enter, and opens it.
    func makeFolder(_ name: RawPath) throws(LinuxError) -> Descriptor {
        try makeDirectory(name, mode: 0o700)
        return try open(folder: name)
    }

    /// Opens a folder that is no link.
    func open(folder name: RawPath) throws(LinuxError) -> Descriptor {
        try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
    }
}
