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
    ///
    /// Names are taken as they are read: a directory of millions of files costs no memory.
    func empty() throws(LinuxError) {
        // What is moved here while the names are read may be among them or not: so until none is left.
        var isEmpty = false
        while !isEmpty {
            isEmpty = true
            try directory.eachEntry { name throws(LinuxError) in
                isEmpty = false
                try remove(name)
            }
        }
    }

    private func remove(_ name: RawPath) throws(LinuxError) {
        guard try directory.status(name)?.kind == .directory else { return try directory.unlink(name) }
        let inner = try directory.open(folder: name)
        try inner.eachEntry { child throws(LinuxError) in
            do throws(LinuxError) {
                try inner.unlink(child)
            } catch {
                guard error.errno == EISDIR || error.errno == EPERM else { throw error }
                try inner.rename(child, to: .scratchName(), in: directory)
            }
        }
        try directory.removeDirectory(name)
    }
}
