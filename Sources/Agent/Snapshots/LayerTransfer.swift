// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Turns what an instance has written into a layer on which any instance can stand: with ids as in an image, whoever
/// wrote it (docs/decisions/0001-writable-layer-carries-host-ids.md).
///
/// Containers made what is below, so names are bytes of any kind. Nobody may write to it meanwhile.
struct LayerTransfer {
    /// How content gets into another tree.
    enum Content {
        /// Shared where the file system can; else copied, up to so many bytes in all.
        case shared(orCopied: Int64)
        /// Copied.
        case copied
    }

    /// More folders within each other are refused: each costs a descriptor.
    private static let deepest = 512
    /// What overlayfs notes of a writable layer alone.
    private static let dropped: Set = [
        "trusted.overlay.origin", "trusted.overlay.impure", "trusted.overlay.nlink", "trusted.overlay.upper",
        "trusted.overlay.uuid",
    ]

    /// The first host id of the instance's user namespace; nil if it shares the host's.
    let users: UInt32?

    private func id(_ number: UInt32, _ name: RawPath) throws(AgentError) -> UInt32 {
        guard let users, number >= 65_536 else { return number }
        guard number >= users, number - users < 65_536 else {
            throw AgentError("snapshot", "\(name)", "its owner \(number) is none of the instance's")
        }
        return number - users
    }

    // MARK: In place

    /// Gives everything in a tree the ids of an image; may be done again after it was cut short.
    func adopt(_ folder: Descriptor, depth: Int = 0) throws {
        guard users != nil else { return }
        try adopt(file: folder, ".")
        for name in try folder.entries() {
            guard let status = try folder.status(name) else { continue }
            switch status.kind {
            case .directory: try adopt(try enter(folder, name, depth), depth: depth + 1)
            case .file:
                try adopt(
                    file: try folder.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: .beneath),
                    name
                )
            default: try folder.changeOwner(name, uid: id(status.uid, name), gid: id(status.gid, name))
            }
        }
    }

    private func adopt(file: Descriptor, _ name: RawPath) throws {
        let status = try file.status()
        let (uid, gid) = (try id(status.uid, name), try id(status.gid, name))
        // chown(2) takes capabilities and setuid bits away.
        let attributes = try attributes(of: file, name).filter { Self.named($0.name) }
        if (uid, gid) != (status.uid, status.gid) { try file.changeOwner(uid: uid, gid: gid) }
        if status.mode & 0o6000 != 0 { try file.changeMode(status.mode) }
        for attribute in attributes { try file.setAttribute(attribute.name, attribute.value) }
    }

    // MARK: Into another tree

    /// Puts a copy of `source` into the empty folder `target`, with the ids of an image.
    func copy(_ source: Descriptor, into target: Descriptor, _ content: Content) throws {
        var copy = Copy(content: content)
        // Names of files that have more than one.
        try target.makeDirectory(Self.linksName, mode: 0o700)
        let links = try enter(target, Self.linksName, 0)
        try self.copy(source, into: target, &copy, links, depth: 0)
        for name in try links.entries() { try links.unlink(name) }
        try target.removeDirectory(Self.linksName)
        try finish(target, as: source, ".")
    }

    private static let linksName: RawPath = ".martlet-links"

    private struct Copy {
        let content: Content
        var copied: Int64 = 0

        mutating func allow(_ bytes: Int64) throws(SnapshotRefusal) {
            copied += bytes
            if case .shared(let limit) = content, copied > limit { throw .tooMuch }
        }
    }

    private func copy(
        _ source: Descriptor,
        into target: Descriptor,
        _ copy: inout Copy,
        _ links: Descriptor,
        depth: Int
    ) throws {
        for name in try source.entries() {
            guard let status = try source.status(name), depth > 0 || name != Self.linksName else { continue }
            switch status.kind {
            case .directory:
                try target.makeDirectory(name, mode: 0o700)
                let (from, to) = (try enter(source, name, depth), try enter(target, name, depth))
                try self.copy(from, into: to, &copy, links, depth: depth + 1)
                try finish(to, as: from, name)
            case .file:
                let twin = status.links > 1 ? RawPath("\(status.inode)") : nil
                if let twin, try links.status(twin) != nil {
                    try target.makeHardLink(name, to: twin, in: links)
                    continue
                }
                try self.copy(file: name, of: source, to: target, status, &copy)
                if let twin { try links.makeHardLink(twin, to: name, in: target) }
            case .link: try target.makeLink(name, to: try source.linkTarget(name))
            case .characterDevice, .blockDevice, .fifo, .socket:
                try target.makeNode(name, mode: Self.format(status.kind) | status.mode, node: status.node)
            case .unknown:
                throw AgentError("snapshot", "\(name)", "it is a file of an unknown kind: remove it")
            }
            guard status.kind != .directory, status.kind != .file else { continue }
            try target.changeOwner(name, uid: id(status.uid, name), gid: id(status.gid, name))
            try target.changeTime(name, seconds: status.modified, nanoseconds: 0)
        }
    }

    private func copy(
        file name: RawPath,
        of source: Descriptor,
        to target: Descriptor,
        _ status: FileStatus,
        _ copy: inout Copy
    ) throws {
        let from = try source.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: .beneath)
        let flags = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW
        let to = try target.open(name, flags, mode: 0o600, resolve: .beneath)
        var isShared = false
        if case .shared = copy.content { isShared = try to.share(from) }
        if !isShared {
            try to.copy(from, size: status.size) { bytes throws(SnapshotRefusal) in try copy.allow(bytes) }
        }
        try finish(to, as: from, name)
    }

    /// Owner, mode, attributes and time.
    private func finish(_ target: Descriptor, as source: Descriptor, _ name: RawPath) throws {
        let status = try source.status()
        try target.changeOwner(uid: id(status.uid, name), gid: id(status.gid, name))
        try target.changeMode(status.mode)
        for attribute in try attributes(of: source, name) where !Self.dropped.contains(attribute.name) {
            guard attribute.name != "trusted.overlay.metacopy" else {
                throw AgentError("snapshot", "\(name)", "its content is elsewhere: turn overlay.metacopy off")
            }
            try target.setAttribute(attribute.name, attribute.value)
        }
        try target.changeTime(seconds: status.modified, nanoseconds: 0)
    }

    private static func format(_ kind: FileStatus.Kind) -> UInt32 {
        switch kind {
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        case .fifo: S_IFIFO
        default: S_IFSOCK
        }
    }

    private func enter(_ folder: Descriptor, _ name: RawPath, _ depth: Int) throws -> Descriptor {
        guard depth < Self.deepest else {
            throw AgentError("snapshot", "\(name)", "more than \(Self.deepest) folders are within each other")
        }
        return try folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
    }

    // MARK: Attributes that name ids

    private static func named(_ attribute: String) -> Bool {
        attribute == "security.capability" || attribute.hasPrefix("system.posix_acl_")
    }

    private func attributes(of file: Descriptor, _ name: RawPath) throws -> [(name: String, value: [UInt8])] {
        try file.attributeNames().compactMap { attribute in
            guard var value = try file.attribute(attribute) else { return nil }
            if attribute == "security.capability" { value = try capability(value, name) }
            if attribute.hasPrefix("system.posix_acl_") { value = try accessList(value, name) }
            return (attribute, value)
        }
    }

    /// linux/capability.h: revision 3 is 2 with the id of the user namespace's root at its end.
    private func capability(_ value: [UInt8], _ name: RawPath) throws -> [UInt8] {
        guard value.count == 24, value[3] == 3 else { return value }
        guard try id(Self.number(value, at: 20), name) == 0 else {
            throw AgentError("snapshot", "\(name)", "its capabilities are those of a user namespace within")
        }
        return [value[0], value[1], value[2], 2] + value[4..<20]
    }

    /// linux/posix_acl_xattr.h: a version of four bytes, then entries of tag, permissions (two bytes each) and id.
    private func accessList(_ value: [UInt8], _ name: RawPath) throws -> [UInt8] {
        var value = value
        for at in stride(from: 4, to: value.count - 7, by: 8) where value[at] == 0x02 || value[at] == 0x08 {
            let id = try id(Self.number(value, at: at + 4), name)
            for byte in 0..<4 { value[at + 4 + byte] = UInt8(truncatingIfNeeded: id >> (8 * UInt32(byte))) }
        }
        return value
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
}

/// Why a snapshot was not taken, for its caller to put in words.
enum SnapshotRefusal: Error {
    /// More must be copied than may be while a container stands still.
    case tooMuch
}
