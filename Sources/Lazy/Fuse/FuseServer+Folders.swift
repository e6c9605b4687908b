// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
internal import Linux

extension FuseServer {
    /// What has a name in a folder; the kernel keeps in mind also what is not there.
    func lookUp(_ request: FuseRequest) throws(LinuxError) {
        let folder = try file(request), name = try request.name()
        guard tree.nodes[folder].kind == .directory || name.elementsEqual(".".utf8) else {
            throw error(request, ENOTDIR)
        }
        // Asked for by whoever has a handle of the folder, FUSE_EXPORT_SUPPORT.
        let found: Int? =
            if name.elementsEqual(".".utf8) {
                folder
            } else if name.elementsEqual("..".utf8) {
                Int(tree.nodes[folder].folder)
            } else {
                tree.entry(named: name, in: folder)
            }
        guard let found else {
            var message = fuse_entry_out()
            message.entry_valid = Self.forever
            return try device.answer(request.unique, message)
        }
        try device.answer(request.unique, entry(tree.file(found)))
    }

    private func entry(_ file: Int) -> fuse_entry_out {
        var message = fuse_entry_out()
        message.nodeid = UInt64(file) + 1
        message.entry_valid = Self.forever
        message.attr_valid = Self.forever
        message.attr = attributes(of: file)
        return message
    }

    /// What stat(2) tells of a file.
    func attributes(of file: Int) -> fuse_attr {
        let node = tree.nodes[file]
        var attributes = fuse_attr()
        attributes.ino = UInt64(file) + 1
        attributes.size = UInt64(node.kind == .directory ? 4_096 : node.size)
        // In units of 512 bytes, of which a block has eight.
        attributes.blocks = UInt64(node.stored + 4_095) / 4_096 * 8
        let seconds = UInt64(bitPattern: node.seconds)
        (attributes.atime, attributes.mtime, attributes.ctime) = (seconds, seconds, seconds)
        attributes.atimensec = node.nanoseconds
        attributes.mtimensec = node.nanoseconds
        attributes.ctimensec = node.nanoseconds
        attributes.mode = node.kind.bits | UInt32(node.mode)
        attributes.nlink = node.links
        attributes.uid = node.uid
        attributes.gid = node.gid
        attributes.rdev = [.characterDevice, .blockDevice].contains(node.kind) ? node.place.start : 0
        attributes.blksize = 4_096
        return attributes
    }

    // MARK: Lists

    /// As many entries of a folder as there is room for, from where the last list ended.
    func list(_ request: FuseRequest, _ buffer: FuseBuffer) throws(LinuxError) {
        let folder = try file(request), message = try request.take(fuse_read_in.self)
        guard tree.nodes[folder].kind == .directory else { throw error(request, ENOTDIR) }
        let isLong = request.opcode == FUSE_READDIRPLUS.rawValue
        let room = buffer.prefix(Int(message.size)), entries = tree.nodes[folder].place.range
        var filled = 0
        // The folder itself and the one around it come first.
        for place in Int(clamping: message.offset)..<max(entries.count + 2, Int(clamping: message.offset)) {
            let isDot = place < 2
            let entry =
                isDot
                ? (place == 0 ? folder : Int(tree.nodes[folder].folder))
                : Int(tree.entries[entries.lowerBound + place - 2])
            let name = isDot ? ArraySlice("..".utf8.prefix(place + 1)) : tree.text(tree.nodes[entry].name)
            let found = tree.file(entry), head = isLong ? MemoryLayout<fuse_entry_out>.size : 0
            let length = (head + Self.entrySize + name.count + 7) & ~7
            guard filled + length <= room.count else { break }
            let part = UnsafeMutableRawBufferPointer(rebasing: room[filled..<filled + length])
            if isLong {
                // What has no number here is looked up again when it is wanted; these two never are.
                part.storeBytes(of: isDot ? fuse_entry_out() : self.entry(found), as: fuse_entry_out.self)
            }
            var line = fuse_dirent()
            line.ino = UInt64(found) + 1
            line.off = UInt64(place) + 1
            line.namelen = UInt32(name.count)
            line.type = tree.nodes[found].kind.bits >> 12
            part.storeBytes(of: line.ino, toByteOffset: head, as: UInt64.self)
            part.storeBytes(of: line.off, toByteOffset: head + 8, as: UInt64.self)
            part.storeBytes(of: line.namelen, toByteOffset: head + 16, as: UInt32.self)
            part.storeBytes(of: line.type, toByteOffset: head + 20, as: UInt32.self)
            let text = UnsafeMutableRawBufferPointer(rebasing: part[(head + Self.entrySize)...])
            text.copyBytes(from: name)
            for gap in text.indices.dropFirst(name.count) { text[gap] = 0 }
            filled += length
        }
        try device.answer(request.unique, UnsafeRawBufferPointer(rebasing: room[..<filled]))
    }

    /// What an entry of a list has before its name.
    private static var entrySize: Int { 24 }
}

extension TreeNode.Kind {
    /// The bits of a mode that say what it is, inode(7).
    var bits: UInt32 {
        switch self {
        case .directory: UInt32(S_IFDIR)
        case .file, .further: UInt32(S_IFREG)
        case .link: UInt32(S_IFLNK)
        case .characterDevice: UInt32(S_IFCHR)
        case .blockDevice: UInt32(S_IFBLK)
        case .fifo: UInt32(S_IFIFO)
        case .socket: UInt32(S_IFSOCK)
        }
    }
}
