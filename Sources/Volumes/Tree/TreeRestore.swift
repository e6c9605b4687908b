// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Makes the tree of a version in an empty directory.
///
/// The tree may be forged: nothing is made outside the directory, no link is followed, and what is there is not replaced.
struct TreeRestore {
    private let chunks: ChunkReader
    private let entries: [TreeEntry]
    /// The folders on the way to where it is at work.
    private var way: [(path: TreePath, folder: Descriptor)]

    private init(_ root: Descriptor, _ entries: [TreeEntry], _ chunks: ChunkReader) {
        self.chunks = chunks
        self.entries = entries
        way = [(.root, root)]
    }

    /// Makes all of it, and tells how many entries it has made; who calls gives the directory its name when this
    /// returned.
    static func run(
        _ entries: [TreeEntry],
        into root: Descriptor,
        with chunks: ChunkReader,
        told: (Int) -> Void = { _ in }
    ) throws(VolumeError) {
        var restore = TreeRestore(root, entries, chunks)
        chunks.expect(
            entries.lazy.flatMap { entry -> [ChunkReference] in
                guard case .file(let content) = entry.kind else { return [] }
                return content.pieces.compactMap(\.chunk)
            }
        )
        for (index, entry) in entries.enumerated() {
            told(index)
            do { try restore.make(entry) } catch { throw Self.error(error, entry.path) }
        }
        // What is made in a folder changes its times: theirs come last, the innermost first.
        for entry in entries.reversed() where entry.kind == .directory {
            do { try restore.finish(entry) } catch { throw Self.error(error, entry.path) }
        }
    }

    private static func error(_ error: any Error, _ path: TreePath) -> VolumeError {
        switch error {
        case let error as VolumeError: error
        case let error as LinuxError: VolumeError("restore", path.description, .system(error))
        default: VolumeError("restore", path.description, .damaged("\(error)"))
        }
    }

    // MARK: One entry

    private mutating func make(_ entry: TreeEntry) throws {
        guard let (path, name) = entry.path.parted else { return }
        let folder = try folder(path)
        switch entry.kind {
        case .gone: return
        case .directory: return try folder.makeDirectory(name, mode: 0o700)
        case .file(let content):
            let file = try folder.open(
                name,
                O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
            try file.resize(content.size)
            try write(content.pieces, depth: content.depth, to: file, at: 0)
        case .symbolicLink(let target):
            guard let target = RawPath(bytes: target) else { throw FormatFlaw("it links to nothing") }
            try folder.makeLink(name, to: target)
        case .hardLink(let target):
            guard let (place, other) = target.parted else { throw FormatFlaw("it links to the root") }
            // The way to the target is walked anew: it is another one.
            return try folder.makeHardLink(name, to: other, in: walked(place))
        case .fifo: try folder.makeNode(name, mode: S_IFIFO | 0o600, node: (0, 0))
        case .socket: try folder.makeNode(name, mode: S_IFSOCK | 0o600, node: (0, 0))
        case .characterDevice(let major, let minor):
            try folder.makeNode(name, mode: S_IFCHR | 0o600, node: (major, minor))
        case .blockDevice(let major, let minor):
            try folder.makeNode(name, mode: S_IFBLK | 0o600, node: (major, minor))
        }
        try dress(entry, name, in: folder)
    }

    private mutating func finish(_ entry: TreeEntry) throws {
        guard let (path, name) = entry.path.parted else {
            guard let attributes = entry.attributes else { return }
            let root = way[0].folder
            try root.changeOwner(uid: attributes.uid, gid: attributes.gid)
            try root.changeMode(attributes.mode)
            for attribute in attributes.extended {
                try root.setEveryAttribute(attribute.name, attribute.value)
            }
            return try root.changeTime(
                seconds: attributes.seconds,
                nanoseconds: Int(attributes.nanoseconds)
            )
        }
        try dress(entry, name, in: folder(path))
    }

    /// Owner first, for a change of it takes setuid and capabilities away; times last.
    private func dress(_ entry: TreeEntry, _ name: RawPath, in folder: Descriptor) throws {
        guard let attributes = entry.attributes else { return }
        try folder.changeOwner(name, uid: attributes.uid, gid: attributes.gid)
        let itself = try folder.open(itself: name)
        if case .symbolicLink = entry.kind {} else { try itself.changeEveryMode(attributes.mode) }
        for attribute in attributes.extended { try itself.setEveryAttribute(attribute.name, attribute.value) }
        try folder.changeTime(name, seconds: attributes.seconds, nanoseconds: Int(attributes.nanoseconds))
    }

    private func write(_ pieces: [FileContent.Piece], depth: Int, to file: Descriptor, at start: Int64) throws
    {
        var place = start
        for piece in pieces {
            if let chunk = piece.chunk, depth > 0 {
                let list = try TreeReader.list(chunk, span: piece.span, depth: depth - 1, with: chunks)
                try write(list, depth: depth - 1, to: file, at: place)
            } else if let chunk = piece.chunk {
                try chunks.read(chunk).withUnsafeBytes { try file.write(all: $0, at: place) }
            }
            place += piece.span
        }
    }

    // MARK: Folders

    /// The folder of a path; entries are in order, so most are in the one before, or not far from it.
    private mutating func folder(_ path: TreePath) throws -> Descriptor {
        while let last = way.last?.path, last != path, !path.isBelow(last) { way.removeLast() }
        guard let (last, folder) = way.last else { throw FormatFlaw("there is no root") }
        var place = last, current = folder
        for name in path.names.dropFirst(last.names.count) {
            guard let next = place.appending(Array(name)) else { throw FormatFlaw("its path is too long") }
            current = try step(name, from: current)
            place = next
            way.append((place, current))
        }
        return current
    }

    private func walked(_ path: TreePath) throws -> Descriptor {
        var current = way[0].folder
        for name in path.names { current = try step(name, from: current) }
        return current
    }

    private func step(_ name: ArraySlice<UInt8>, from folder: Descriptor) throws -> Descriptor {
        guard let name = RawPath(bytes: name) else { throw FormatFlaw("its path has a NUL") }
        return try folder.open(name, O_RDONLY | O_DIRECTORY, resolve: [.beneath, .noSymlinks, .noCrossing])
    }
}
