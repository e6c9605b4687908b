// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Turns the archive of one layer into a lower directory for overlayfs.
///
/// Nothing an archive says reaches outside the tree: a parent is opened by openat2(2) with `RESOLVE_IN_ROOT`, and the
/// last component is only ever created, linked or removed by calls that do not follow links. The thread that does it
/// has no umask, see `Confinement`.
final class LayerUnpacker {
    /// What was found so far.
    private(set) var report = LayerReport()
    private let tree: LayerTree
    private let limits: ImageLimits

    init(tree: Descriptor, trash: Trash, limits: ImageLimits) {
        self.tree = LayerTree(root: tree, trash: trash)
        self.limits = limits
    }

    /// Unpacks an archive.
    ///
    /// What follows its end is left in the stream.
    func unpack(_ stream: any ByteStream, subject: String) throws(ImageError) {
        let reader = try TarReader(stream, subject: subject)
        while let entry = try reader.next() {
            try count(entry)
            try place(entry, from: reader)
            guard tree.made <= limits.layerDirectories else { throw tooManyDirectories(entry) }
        }
        try attempt("unpack", subject) { () throws(LinuxError) in try tree.restoreTimes() }
    }

    private func count(_ entry: TarEntry) throws(ImageError) {
        report.entries += 1
        guard report.entries <= limits.layerEntries else {
            throw ImageError("unpack", entry.subject, .limit("more than \(limits.layerEntries) entries"))
        }
        guard entry.size >= 0, entry.size <= limits.layerBytes - report.bytes else {
            throw ImageError("unpack", entry.subject, .limit("more than \(limits.layerBytes) bytes in files"))
        }
        if entry.kind == .file { report.bytes += entry.size }
        // The time of each is kept in memory until the end.
        if entry.kind == .directory { report.directories += 1 }
        guard report.directories <= limits.layerDirectories else { throw tooManyDirectories(entry) }
    }

    private func tooManyDirectories(_ entry: TarEntry) -> ImageError {
        ImageError("unpack", entry.subject, .limit("more than \(limits.layerDirectories) directories"))
    }

    private func place(_ entry: TarEntry, from reader: TarReader) throws(ImageError) {
        let path = try EntryPath(entry.path, depth: limits.depth)
        func system<Result>(_ body: () throws(LinuxError) -> Result) throws(ImageError) -> Result {
            try attempt("unpack", entry.subject, body)
        }
        guard !path.parent.contains(where: { $0.bytes.starts(with: Whiteout.prefix) }) else {
            throw ImageError("unpack", entry.subject, .malformed("a whiteout is no directory"))
        }
        guard let name = path.name else {
            guard entry.kind == .directory else {
                throw ImageError("unpack", entry.subject, .malformed("the layer's root is no directory"))
            }
            let owner = try owner(of: entry)
            return try system { () throws(LinuxError) in
                try dress(tree.root, as: entry, owner: owner)
                try tree.remember(path.components, tree.root, entry)
            }
        }
        if let mark = try Whiteout(name, subject: entry.subject) {
            let parent = try system { () throws(LinuxError) in try tree.directory(path.parent) }
            return try system { () throws(LinuxError) in try apply(mark, in: parent) }
        }
        // 0:0 is overlayfs's own sign for a name that is hidden; a layer has other words for that.
        if entry.kind == .other || entry.kind.isWhiteout {
            report.skippedDevices += 1
            return
        }
        let owner = try owner(of: entry)
        let parent = try system { () throws(LinuxError) in try tree.directory(path.parent) }
        switch entry.kind {
        case .directory:
            try system { () throws(LinuxError) in
                let directory = try tree.makeDirectory(name, in: parent)
                try dress(directory, as: entry, owner: owner)
                try tree.remember(path.components, directory, entry)
            }
        case .file:
            try write(entry, from: reader, to: name, in: parent, owner: owner)
        case .link(let text):
            guard let target = RawPath(bytes: text), !text.isEmpty, text.count < 4096 else {
                throw ImageError(
                    "unpack",
                    entry.subject,
                    .malformed("a link's target is empty or longer than 4095 bytes")
                )
            }
            try system { () throws(LinuxError) in
                try tree.clear(name, in: parent)
                try parent.makeLink(name, to: target)
                try parent.changeOwner(name, uid: owner.uid, gid: owner.gid)
                try parent.changeTime(name, seconds: entry.seconds, nanoseconds: entry.nanoseconds)
            }
        case .hardLink(let text):
            try link(entry, to: text, name: name, in: parent)
        case .fifo:
            try system { () throws(LinuxError) in
                try tree.clear(name, in: parent)
                try parent.makeFifo(name, mode: 0o600)
                let fifo = try parent.open(
                    name,
                    O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                    resolve: [.beneath, .noSymlinks]
                )
                try dress(fifo, as: entry, owner: owner)
                try fifo.changeTime(seconds: entry.seconds, nanoseconds: entry.nanoseconds)
            }
        case .device(let kind, let major, let minor):
            try system { () throws(LinuxError) in
                try make(kind, (major, minor), as: entry, name: name, in: parent, owner: owner)
            }
        case .other: break
        }
    }

    /// Makes a device node, which is no use to a container that was not given the device.
    private func make(
        _ kind: mode_t,
        _ node: (major: UInt32, minor: UInt32),
        as entry: TarEntry,
        name: RawPath,
        in parent: Descriptor,
        owner: (uid: UInt32, gid: UInt32)
    ) throws(LinuxError) {
        try tree.clear(name, in: parent)
        do throws(LinuxError) {
            try parent.makeNode(name, mode: kind | mode_t(entry.mode), node: node)
        } catch {
            guard error.errno == EPERM else { throw error }  // where nobody may make any
            report.skippedDevices += 1
            return
        }
        try parent.changeOwner(name, uid: owner.uid, gid: owner.gid)
        try parent.changeTime(name, seconds: entry.seconds, nanoseconds: entry.nanoseconds)
    }

    private func owner(of entry: TarEntry) throws(ImageError) -> (uid: UInt32, gid: UInt32) {
        // One container's range of ids (user_namespaces(7)): an owner outside it would be nobody in there.
        guard (0...65_535).contains(entry.uid), (0...65_535).contains(entry.gid) else {
            throw ImageError(
                "unpack",
                entry.subject,
                .unsupported("the owner \(entry.uid):\(entry.gid) is outside 0 to 65535")
            )
        }
        return (UInt32(entry.uid), UInt32(entry.gid))
    }

    private func write(
        _ entry: TarEntry,
        from reader: TarReader,
        to name: RawPath,
        in parent: Descriptor,
        owner: (uid: UInt32, gid: UInt32)
    ) throws(ImageError) {
        let file = try attempt("unpack", entry.subject) { () throws(LinuxError) in
            try tree.create(name, in: parent)
        }
        var end: Int64 = 0
        try reader.content { bytes, offset throws(ImageError) in
            guard offset >= end, offset <= entry.size - Int64(bytes.count) else {
                throw ImageError("unpack", entry.subject, .malformed("content lies outside the file's size"))
            }
            end = offset + Int64(bytes.count)
            try attempt("unpack", entry.subject) { () throws(LinuxError) in
                try file.write(all: bytes, at: offset)
            }
        }
        try attempt("unpack", entry.subject) { () throws(LinuxError) in
            if end < entry.size { try file.resize(entry.size) }
            try dress(file, as: entry, owner: owner)
            try file.changeTime(seconds: entry.seconds, nanoseconds: entry.nanoseconds)
        }
    }

    private func link(
        _ entry: TarEntry,
        to text: [UInt8],
        name: RawPath,
        in parent: Descriptor
    ) throws(ImageError) {
        let target = try EntryPath(text, depth: limits.depth)
        let shown = String(decoding: text.prefix(256), as: UTF8.self)
        guard let targetName = target.name else {
            throw ImageError("unpack", entry.subject, .malformed("a hard link to the layer's root"))
        }
        let found = try attempt("unpack", entry.subject) { () throws(LinuxError) in
            try tree.existing(target.parent).flatMap { (directory) throws(LinuxError) in
                try directory.status(targetName).map { (directory, $0) }
            }
        }
        guard let (directory, status) = found, status.kind != .directory, !status.isWhiteout else {
            throw ImageError(
                "unpack",
                entry.subject,
                .malformed("a hard link to \(shown), which is no file of this layer")
            )
        }
        try attempt("unpack", entry.subject) { () throws(LinuxError) in
            if let present = try parent.status(name), present.inode == status.inode { return }
            try tree.clear(name, in: parent)
            try parent.makeHardLink(name, to: targetName, in: directory)
        }
    }

    private func apply(_ mark: Whiteout, in parent: Descriptor) throws(LinuxError) {
        switch mark {
        case .ignored:
            report.skippedMarks += 1
        case .opaque:
            report.whiteouts += 1
            try tree.makeOpaque(parent)
        case .hide(let name):
            report.whiteouts += 1
            // What this layer itself puts there stays, in whatever order it comes.
            switch try parent.status(name)?.kind {
            case nil: try parent.makeWhiteout(name)
            case .directory:
                try tree.makeOpaque(
                    try parent.open(
                        name,
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                        resolve: [.beneath, .noSymlinks]
                    )
                )
            default: break
            }
        }
    }

    /// Owner first, since it clears setuid and file capabilities.
    private func dress(
        _ file: Descriptor,
        as entry: TarEntry,
        owner: (uid: UInt32, gid: UInt32)
    ) throws(LinuxError) {
        try file.changeOwner(uid: owner.uid, gid: owner.gid)
        try file.changeMode(entry.mode)
        for (name, value) in entry.attributes {
            let isUsers = name.hasPrefix("user.") && !name.hasPrefix("user.overlay.")
            guard isUsers || name == "security.capability" else {
                report.droppedAttributes += 1
                continue
            }
            do throws(LinuxError) {
                try file.setAttribute(name, value)
            } catch {
                // Not on this file system, or not on this kind of file (xattr(7)); a lost capability is an error.
                guard isUsers, error.errno == ENOTSUP || error.errno == EPERM else { throw error }
                report.droppedAttributes += 1
            }
        }
    }
}
