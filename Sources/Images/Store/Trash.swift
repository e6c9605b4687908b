// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A directory whose entries are on their way out.
///
/// Deep trees are taken apart level by level into this directory, so a tree that was built to be deep costs
/// neither stack nor descriptors; no link is followed.
struct Trash {
    private let directory: Descriptor

    init(_ directory: Descriptor) { self.directory = directory }

    /// Moves an entry of another directory of the same file system here.
    func take(_ name: RawPath, from source: Descriptor) throws(LinuxError) {
        try source.rename(name, to: .scratchName(), in: directory)
    }

    /// Removes everything here.
    func empty() throws(LinuxError) {
        var names = try directory.entries()
        while let name = names.popLast() {
            guard try directory.status(name)?.kind == .directory else {
                try directory.unlink(name)
                continue
            }
            let inner = try directory.open(
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks]
            )
            for child in try inner.entries() {
                do throws(LinuxError) {
                    try inner.unlink(child)
                } catch {
                    guard error.errno == EISDIR || error.errno == EPERM else { throw error }
                    let moved = RawPath.scratchName()
                    try inner.rename(child, to: moved, in: directory)
                    names.append(moved)
                }
            }
            try directory.removeDirectory(name)
        }
    }
}
