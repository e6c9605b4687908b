// SPDX-License-Identifier: Apache-2.0
internal import Linux
package import Volumes

/// Makes a `TreeIndex` of entries that come in order, each looked at once.
///
/// They may be forged: what is no tree is refused, and so is what cannot lie below an overlay file system.
package struct TreeIndexing {
    private let ids: IdentityMap
    private var index = TreeIndex()
    private var places: [PackName: UInt32] = [:]
    /// The folders on the way to the last entry.
    private var way: [(path: TreePath, entry: UInt32)] = []
    /// Further paths, and the files that they are of.
    private var links: [(entry: UInt32, target: TreePath)] = []

    /// Begins with nothing; ids are the host's from here on.
    package init(ids: IdentityMap = IdentityMap()) { self.ids = ids }

    /// Adds the next entry.
    package mutating func add(_ entry: TreeEntry) throws(FormatFlaw) {
        guard index.count < 1 << 26 else { throw FormatFlaw("there are too many files for one volume") }
        var node = TreeNode()
        if let (folder, name) = entry.path.parted {
            while let last = way.last, last.path != folder { way.removeLast() }
            guard let last = way.last else { throw FormatFlaw("\(entry.path) is in no folder") }
            node.folder = last.entry
            node.name = try keep(name.bytes)
        } else if index.count > 0 {
            throw FormatFlaw("there are two roots")
        }
        if let attributes = entry.attributes { try set(ids.mapped(attributes), of: &node) }
        try set(entry.kind, of: &node, entry.path)
        let number = UInt32(index.count)
        guard number > 0 || node.kind == .directory && entry.path == .root else {
            throw FormatFlaw("there is no root")
        }
        if node.kind == .directory {
            node.links = 2
            if number > 0 { index.nodes[Int(node.folder)].links += 1 }
            way.append((entry.path, number))
        }
        index.nodes.append(node)
    }

    /// The index of all that was added.
    package consuming func finish() throws(FormatFlaw) -> TreeIndex {
        guard index.count > 0 else { throw FormatFlaw("there is no root") }
        sortIntoFolders()
        for link in links {
            var place: Int? = 0
            for name in link.target.names {
                guard let folder = place, index.nodes[folder].kind == .directory else { break }
                place = index.entry(named: name, in: folder)
            }
            guard let place, place < link.entry, ![.directory, .further].contains(index.nodes[place].kind)
            else {
                throw FormatFlaw("a path is a link to \(link.target), which is no file")
            }
            index.nodes[Int(link.entry)].place.start = UInt32(place)
            index.nodes[place].links += 1
        }
        return index
    }

    /// Entries come in the order of their paths, so those of one folder come in that of their names.
    private mutating func sortIntoFolders() {
        index.nodes.withUnsafeMutableBufferPointer { nodes in
            for entry in nodes.indices.dropFirst() { nodes[Int(nodes[entry].folder)].place.count += 1 }
            var start: UInt32 = 0
            for entry in nodes.indices where nodes[entry].kind == .directory {
                let count = nodes[entry].place.count
                nodes[entry].place = TreeNode.Part(start: start, count: 0)
                start += count
            }
            index.entries = ContiguousArray(repeating: 0, count: Int(start))
            for entry in nodes.indices.dropFirst() {
                let folder = Int(nodes[entry].folder), place = nodes[folder].place
                index.entries[place.range.upperBound] = UInt32(entry)
                nodes[folder].place.count += 1
            }
        }
    }

    // MARK: What an entry has

    private mutating func set(_ attributes: TreeEntry.Attributes, of node: inout TreeNode) throws(FormatFlaw)
    {
        node.mode = UInt16(attributes.mode)
        (node.uid, node.gid) = (attributes.uid, attributes.gid)
        (node.seconds, node.nanoseconds) = (attributes.seconds, attributes.nanoseconds)
        let start = try number(index.extended.count)
        for attribute in attributes.extended {
            // overlayfs would take them for its own.
            guard !attribute.name.starts(with: "trusted.overlay.".utf8) else {
                throw FormatFlaw("an extended attribute is one of overlayfs: restore the volume eagerly")
            }
            index.extended.append(
                TreeIndex.Extended(name: try keep(attribute.name), value: try keep(attribute.value))
            )
        }
        node.extended = TreeNode.Part(start: start, count: UInt32(attributes.extended.count))
    }

    private mutating func set(_ kind: TreeEntry.Kind, of node: inout TreeNode, _ path: TreePath)
        throws(FormatFlaw)
    {
        switch kind {
        case .gone: throw FormatFlaw("\(path) is gone")
        case .directory: node.kind = .directory
        case .fifo: node.kind = .fifo
        case .socket: node.kind = .socket
        case .file(let content):
            node.kind = .file
            node.size = content.size
            node.depth = UInt8(content.depth)
            let start = try number(index.pieces.count)
            var end: Int64 = 0
            for piece in content.pieces {
                end += piece.span
                if piece.chunk != nil { node.stored += piece.span }
                index.pieces.append(try packed(piece, of: number(index.count), end: end))
            }
            let (stored, isOver) = index.stored.addingReportingOverflow(node.stored)
            guard !isOver, stored <= Int64.max - 4_095 else {
                throw FormatFlaw("the files have more bytes than there can be")
            }
            index.stored = stored
            node.place = TreeNode.Part(start: start, count: UInt32(content.pieces.count))
        case .symbolicLink(let target):
            node.kind = .link
            node.size = Int64(target.count)
            node.place = try keep(target)
        case .hardLink(let target): links.append((UInt32(index.count), target))
        case .characterDevice(let major, let minor):
            // overlayfs takes 0:0 for "deleted here".
            guard (major, minor) != (0, 0) else {
                throw FormatFlaw("\(path) is the device 0:0: restore the volume eagerly")
            }
            node.kind = .characterDevice
            node.place.start = try number(major, minor, path)
        case .blockDevice(let major, let minor):
            node.kind = .blockDevice
            node.place.start = try number(major, minor, path)
        }
    }

    /// As in new_encode_dev() of linux/kdev_t.h: a major number of 12 bits around which a minor one of 20 lies.
    private func number(_ major: UInt32, _ minor: UInt32, _ path: TreePath) throws(FormatFlaw) -> UInt32 {
        guard major < 1 << 12, minor < 1 << 20 else {
            throw FormatFlaw("\(path) is the device \(major):\(minor), which Linux has not")
        }
        return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
    }

    /// A piece of a file, which ends at a byte of it.
    private mutating func packed(_ piece: FileContent.Piece, of file: UInt32, end: Int64) throws(FormatFlaw)
        -> TreePiece
    {
        guard let chunk = piece.chunk else {
            return TreePiece(
                end: end,
                name: .none,
                pack: TreePiece.hole,
                offset: 0,
                stored: 0,
                size: 0,
                file: file
            )
        }
        var place = places[chunk.pack]
        if place == nil {
            place = try number(index.packs.count)
            places[chunk.pack] = place
            index.packs.append(chunk.pack)
        }
        return TreePiece(
            end: end,
            name: chunk.name,
            pack: place ?? 0,
            offset: UInt32(chunk.offset),
            stored: UInt32(chunk.stored),
            size: UInt32(chunk.size),
            file: file
        )
    }

    private mutating func keep(_ text: some Collection<UInt8>) throws(FormatFlaw) -> TreeNode.Part {
        let start = try number(index.bytes.count)
        index.bytes += text
        return TreeNode.Part(start: start, count: UInt32(text.count))
    }

    private func number(_ count: Int) throws(FormatFlaw) -> UInt32 {
        guard let number = UInt32(exactly: count), number < UInt32.max else {
            throw FormatFlaw("there are too many files for one volume")
        }
        return number
    }
}
