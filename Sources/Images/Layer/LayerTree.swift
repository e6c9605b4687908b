// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The directories of a layer that is being unpacked.
///
/// Every path from an archive is walked here, inside the root.
final class LayerTree {
    /// The layer's root.
    let root: Descriptor
    /// Directories made, those between included that have no entry of their own.
    private(set) var made = 0
    private let trash: Trash
    /// The parent used last: entries of one directory mostly follow each other.
    private var recent: (path: RawPath, directory: Descriptor)?
    /// Times of directories, set at the end because every new entry changes them.
    private var times: [(path: RawPath, inode: UInt64, seconds: Int64, nanoseconds: Int)] = []

    private static let flags = O_RDONLY | O_DIRECTORY
    private static let inside: Resolve = [.inRoot, .noMagicLinks]
    private static let plain: Resolve = [.beneath, .noSymlinks]

    init(root: Descriptor, trash: Trash) {
        self.root = root
        self.trash = trash
    }

    /// Opens a directory, with links followed inside the root; what is missing is made, owned by root, 0755.
    func directory(_ components: ArraySlice<RawPath>) throws(LinuxError) -> Descriptor {
        let path = RawPath(joining: components)
        if let recent, recent.path == path { return recent.directory }
        let directory: Descriptor
        do throws(LinuxError) {
            directory = try root.open(path, Self.flags, resolve: Self.inside)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            var links = 0
            directory = try make(Array(components), links: &links)
        }
        recent = (path, directory)
        return directory
    }

    /// Opens a directory, or gives nil if there is none.
    func existing(_ components: ArraySlice<RawPath>) throws(LinuxError) -> Descriptor? {
        let path = RawPath(joining: components)
        if let recent, recent.path == path { return recent.directory }
        do throws(LinuxError) {
            return try root.open(path, Self.flags, resolve: Self.inside)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            return nil
        }
    }

    /// Walks from the root, making what is missing, also where a link points to.
    private func make(_ components: [RawPath], links: inout Int) throws(LinuxError) -> Descriptor {
        var current = root
        for (index, name) in components.enumerated() {
            let path = RawPath(joining: components[...index])
            do throws(LinuxError) {
                current = try root.open(path, Self.flags, resolve: Self.inside)
                continue
            } catch {
                guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            }
            switch try current.status(name) {
            case nil:
                current = try makeBetween(path, name, in: current)
            case .some(let status) where status.isWhiteout:
                current = try makeBetween(path, name, in: current)
            case .some(let status) where status.kind == .link:
                // A link to what is not there yet: the kernel would give ENOENT, so its target is made first.
                links += 1
                guard links <= 40 else { throw LinuxError("openat2", path.description, errno: ELOOP) }
                let text = try current.linkTarget(name).bytes
                let target = text.split(separator: UInt8(ascii: "/")).compactMap { RawPath(bytes: $0) }
                let start = text.first == UInt8(ascii: "/") ? [] : Array(components[..<index])
                guard start.count + target.count <= 2048 else {
                    throw LinuxError("openat2", path.description, errno: ENAMETOOLONG)
                }
                current = try make(start + target, links: &links)
            default:
                throw LinuxError("openat2", path.description, errno: ENOTDIR)
            }
        }
        return current
    }

    /// Makes a directory that has no entry so far: without one it is as old as time, whenever the layer is unpacked.
    private func makeBetween(_ path: RawPath, _ name: RawPath, in parent: Descriptor) throws(LinuxError)
        -> Descriptor
    {
        let directory = try makeDirectory(name, in: parent)
        times.append((path, try directory.status().inode, 0, 0))
        return directory
    }

    /// Makes a file in the place of whatever has its name.
    func create(_ name: RawPath, in parent: Descriptor) throws(LinuxError) -> Descriptor {
        func create() throws(LinuxError) -> Descriptor {
            try parent.open(
                name,
                O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                mode: 0o600,
                resolve: Self.plain
            )
        }
        do throws(LinuxError) {
            return try create()
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
        try clear(name, in: parent)
        return try create()
    }

    /// Makes a directory unless one is there; over a whiteout it hides what the layers below have in it.
    func makeDirectory(_ name: RawPath, in parent: Descriptor) throws(LinuxError) -> Descriptor {
        let present = try parent.status(name)
        if present?.kind != .directory {
            try clear(name, in: parent)
            try parent.makeDirectory(name, mode: 0o755)
            made += 1
        }
        let directory = try parent.open(name, Self.flags | O_NOFOLLOW, resolve: Self.plain)
        if present?.kind != .directory { try directory.changeMode(0o755) }
        if present?.isWhiteout == true { try makeOpaque(directory) }
        return directory
    }

    /// Hides what the layers below have in a directory.
    func makeOpaque(_ directory: Descriptor) throws(LinuxError) {
        try directory.setAttribute("trusted.overlay.opaque", Array("y".utf8))
    }

    /// Takes away what has a name, whatever it is; a link itself, never what it points to.
    func clear(_ name: RawPath, in parent: Descriptor) throws(LinuxError) {
        switch try parent.status(name)?.kind {
        case nil: return
        case .directory:
            recent = nil
            try trash.take(name, from: parent)
            try trash.empty()
        case .link:
            recent = nil
            try parent.unlink(name)
        default:
            try parent.unlink(name)
        }
    }

    /// Notes the time that a directory shall have once everything is in place.
    func remember(_ components: [RawPath], _ directory: Descriptor, _ entry: TarEntry) throws(LinuxError) {
        times.append(
            (RawPath(joining: components), try directory.status().inode, entry.seconds, entry.nanoseconds)
        )
    }

    /// Sets the noted times, and the root's for when it has no entry; a path that has become another directory since is left alone.
    func restoreTimes() throws(LinuxError) {
        try root.changeTime(seconds: 0, nanoseconds: 0)
        for (path, inode, seconds, nanoseconds) in times {
            guard let directory = try? root.open(path, Self.flags, resolve: Self.inside) else { continue }
            guard try directory.status().inode == inode else { continue }
            try directory.changeTime(seconds: seconds, nanoseconds: nanoseconds)
        }
        times = []
    }
}
