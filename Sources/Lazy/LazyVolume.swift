// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux
package import Volumes

/// The folder of a volume whose version is served while it comes: below it a read-only file system of the version, above
/// that a directory of this node that takes what is written.
///
/// ```
/// cache/   what is here of the version, and `plain` once that is all
/// lower/   the version, a mount by fuse(4)
/// upper/   what was changed since, as overlayfs has it
/// work/    overlayfs's own
/// data/    both together, a mount: the volume
/// ```
package struct LazyVolume: Sendable {
    private static let folders: [RawPath] = ["cache", "lower", "work", "data"]

    let path: String
    let folder: Descriptor
    private let ids: IdentityMap

    /// The volume of a folder, in which folders are made that are not there.
    ///
    /// `ids` are which of the host's ids are those of the container that uses it. What is written has the host's, so they
    /// must be the same as long as there is an upper directory.
    package init(_ path: String, ids: IdentityMap = IdentityMap()) throws(LinuxError) {
        self.path = path
        self.ids = ids
        folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
        for name in Self.folders {
            do throws(LinuxError) { try folder.makeDirectory(name, mode: 0o700) } catch {
                guard error.errno == EEXIST else { throw error }
            }
        }
    }

    /// The cache folder, for `LazySettings` and `LazyControl`.
    package var cache: String { "\(path)/cache" }

    /// Whether the whole version is here as a plain directory: then no process is needed below the next mount.
    package func isHere() throws(LinuxError) -> Bool {
        let cache = try folder.open("cache", O_RDONLY | O_DIRECTORY, resolve: .beneath)
        return try PlainTree.isMade(in: cache, ids: ids)
    }

    /// Mounts the version; a `LazyProcess` has to serve the device before anybody looks at it.
    ///
    /// Throws `EWOULDBLOCK` while one serves an earlier mount.
    package func mountLower(source: String) throws(LinuxError) -> FuseDevice {
        try RequestLog(in: folder.open("cache", O_RDONLY | O_DIRECTORY, resolve: .beneath)).forget()
        return try FuseMount.make(on: "\(path)/lower", source: source)
    }

    /// Mounts the volume, over the plain directory if that is there; its path, for the container.
    package func mountMerged() throws(LinuxError) -> String {
        let flags = O_RDONLY | O_DIRECTORY
        let cache = try folder.open("cache", flags, resolve: .beneath)
        let lower =
            try isHere()
            ? cache.open(PlainTree.name, flags, resolve: .beneath) : folder.open("lower", flags, resolve: [])
        let upper = try upper(like: lower), work = try folder.open("work", flags, resolve: .beneath)
        try OverlayMount.make(on: "\(path)/data", lower: lower, upper: upper, work: work)
        return "\(path)/data"
    }

    /// Takes all mounts away; the process ends with the last user of the version.
    package func unmount() throws(LinuxError) {
        for name in ["data", "lower"] {
            do throws(LinuxError) { try FuseMount.take(from: "\(path)/\(name)") } catch {
                // It was not mounted, or was never there.
                guard error.errno == EINVAL || error.errno == ENOENT else { throw error }
            }
        }
    }

    /// The directory of what is written.
    ///
    /// The root of the volume has its owner, rights and times: it is made as the version's is.
    private func upper(like lower: Descriptor) throws(LinuxError) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY
        if try folder.status("upper") == nil {
            let status = try lower.status()
            if try folder.status(".upper") != nil { try folder.removeDirectory(".upper") }
            try folder.makeDirectory(".upper", mode: 0o700)
            let draft = try folder.open(".upper", flags, resolve: .beneath)
            try draft.changeOwner(uid: status.uid, gid: status.gid)
            try draft.changeMode(status.mode)
            for attribute in try lower.everyAttribute() {
                try draft.setEveryAttribute(attribute.name, attribute.value)
            }
            try draft.changeTime(seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
            try folder.rename(".upper", to: "upper", in: folder, replacing: false)
        }
        return try folder.open("upper", flags, resolve: .beneath)
    }
}
