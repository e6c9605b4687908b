// SPDX-License-Identifier: Apache-2.0

// `docs/formats/volume.md` has it to the byte.
extension ByteWriter {
    /// An entry behind one with the path `before`.
    mutating func put(_ entry: TreeEntry, after before: TreePath, _ packs: inout PackTable) {
        put(entry.kind.tag)
        let shared = zip(entry.path.bytes, before.bytes).prefix { $0 == $1 }.count
        put(varying: shared)
        put(counted: entry.path.bytes[shared...])
        if let attributes = entry.attributes { put(attributes) }
        switch entry.kind {
        case .gone, .directory, .fifo, .socket: break
        case .file(let content):
            put(varying: UInt64(content.size))
            put(UInt8(content.depth))
            put(content.pieces, &packs)
        case .symbolicLink(let target): put(counted: target)
        case .hardLink(let path): put(counted: path.bytes)
        case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
            put(varying: UInt64(major))
            put(varying: UInt64(minor))
        }
    }

    private mutating func put(_ attributes: TreeEntry.Attributes) {
        put(varying: UInt64(attributes.mode))
        put(varying: UInt64(attributes.uid))
        put(varying: UInt64(attributes.gid))
        put(signed: attributes.seconds)
        put(varying: UInt64(attributes.nanoseconds))
        put(varying: attributes.extended.count)
        for attribute in attributes.extended {
            put(counted: attribute.name)
            put(counted: attribute.value)
        }
    }
}

extension ByteReader {
    /// An entry behind one with the path `before`.
    mutating func takeEntry(after before: TreePath?, _ packs: [PackName]) throws(FormatFlaw) -> TreeEntry {
        let tag = try take(UInt8.self)
        let shared = try takeCount("shared bytes of a path", limit: before?.bytes.count ?? 0)
        let suffix = try takeCounted("bytes of a path", limit: TreePath.maximumBytes)
        let path = try TreePath(bytes: Array(before?.bytes.prefix(shared) ?? []) + suffix)
        if let before, !(before < path) { throw FormatFlaw("\(path) is not in its order") }
        guard tag != TreeEntry.Kind.tags.gone else { return TreeEntry(gone: path) }
        guard tag != TreeEntry.Kind.tags.hardLink else {
            let target = try TreePath(bytes: takeCounted("path of a link", limit: TreePath.maximumBytes))
            guard target < path else { throw FormatFlaw("\(path) is a link to what follows it") }
            return TreeEntry(path: path, kind: .hardLink(to: target), attributes: nil)
        }
        let attributes = try takeAttributes()
        return TreeEntry(path: path, kind: try takeKind(tag, path, packs), attributes: attributes)
    }

    private mutating func takeKind(_ tag: UInt8, _ path: TreePath, _ packs: [PackName]) throws(FormatFlaw)
        -> TreeEntry.Kind
    {
        let tags = TreeEntry.Kind.tags
        guard path != .root || tag == tags.directory else { throw FormatFlaw("the root is not a directory") }
        switch tag {
        case tags.directory: return .directory
        case tags.fifo: return .fifo
        case tags.socket: return .socket
        case tags.file:
            let size = try takeVarying("file's size", limit: UInt64(Int64.max))
            let depth = Int(try take(UInt8.self))
            let pieces = try takePieces(packs, limit: FileContent.directPieces)
            return .file(try FileContent(size: Int64(size), depth: depth, pieces: pieces))
        case tags.symbolicLink:
            let target = try takeCounted("bytes of a link", limit: TreeEntry.maximumTarget)
            guard !target.isEmpty, !target.contains(0) else { throw FormatFlaw("\(path) links to nothing") }
            return .symbolicLink(target: target)
        case tags.characterDevice, tags.blockDevice:
            let major = UInt32(try takeVarying("major number", limit: UInt64(UInt32.max)))
            let minor = UInt32(try takeVarying("minor number", limit: UInt64(UInt32.max)))
            return tag == tags.blockDevice
                ? .blockDevice(major: major, minor: minor) : .characterDevice(major: major, minor: minor)
        default: throw FormatFlaw("an entry of kind \(tag) is not known")
        }
    }

    private mutating func takeAttributes() throws(FormatFlaw) -> TreeEntry.Attributes {
        let largest = UInt64(UInt32.max)
        var attributes = TreeEntry.Attributes(
            mode: UInt32(try takeVarying("mode", limit: 0o7777)),
            uid: UInt32(try takeVarying("owner", limit: largest - 1)),
            gid: UInt32(try takeVarying("group", limit: largest - 1)),
            seconds: try takeSigned("time"),
            nanoseconds: UInt32(try takeVarying("nanoseconds", limit: 999_999_999))
        )
        let limits = TreeEntry.extendedLimits
        var total = 0
        for _ in 0..<(try takeCount("number of extended attributes", limit: limits.count)) {
            let name = try takeCounted("name of an extended attribute", limit: limits.name)
            let value = try takeCounted("value of an extended attribute", limit: limits.value)
            let isNext = attributes.extended.last.map { $0.name.lexicographicallyPrecedes(name) } ?? true
            guard !name.isEmpty, !name.contains(0), isNext else {
                throw FormatFlaw("the extended attributes are not in their order")
            }
            attributes.extended.append(TreeEntry.Extended(name: name, value: value))
            total += name.count + value.count
        }
        guard total <= TreeEntry.maximumExtendedBytes else {
            throw FormatFlaw("the extended attributes of a file have \(total) bytes")
        }
        return attributes
    }
}

extension TreeEntry.Kind {
    /// What the kinds are written as.
    static let tags:
        (
            gone: UInt8, directory: UInt8, file: UInt8, symbolicLink: UInt8, hardLink: UInt8,
            characterDevice: UInt8, blockDevice: UInt8, fifo: UInt8, socket: UInt8
        ) = (0, 1, 2, 3, 4, 5, 6, 7, 8)

    var tag: UInt8 {
        switch self {
        case .gone: Self.tags.gone
        case .directory: Self.tags.directory
        case .file: Self.tags.file
        case .symbolicLink: Self.tags.symbolicLink
        case .hardLink: Self.tags.hardLink
        case .characterDevice: Self.tags.characterDevice
        case .blockDevice: Self.tags.blockDevice
        case .fifo: Self.tags.fifo
        case .socket: Self.tags.socket
        }
    }
}
