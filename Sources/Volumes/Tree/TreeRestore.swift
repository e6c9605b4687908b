// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects

/// Makes the tree of a version in an empty directory, files by several threads.
///
/// The tree may be forged: nothing is made outside the directory, no link is followed, and what is there is not replaced.
/// Folders come first, then files, of which large ones are filled in stretches; then further names of files, and last the
/// attributes of what would change while something is made in it.
struct TreeRestore: Sendable {
    /// What one thread does at a time.
    private enum Work: Sendable {
        /// Makes what is neither a folder, nor a further name, nor large.
        case entries(Range<Int>)
        /// Fills a stretch of a large file.
        case pieces(Int, [FileContent.Piece], at: Int64)
    }

    /// So many are at work, each with some stretches of packs in memory.
    private static let width = 4
    /// So many bytes and entries make enough work.
    private static let stretch: Int64 = 8 << 20
    private static let mostEntries = 256
    /// A larger file is filled by several.
    private static let large: Int64 = 32 << 20
    private static let mostPieces = 16

    private let root: Descriptor
    private let entries: [TreeEntry]
    private let shares: ChunkReader.Shares

    /// Makes all of it, and tells how many entries it has made; who calls gives the directory its name when this
    /// returned.
    static func run(
        _ entries: [TreeEntry],
        into root: Descriptor,
        with chunks: ChunkReader,
        told: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(VolumeError) {
        let restore = TreeRestore(root: root, entries: entries, shares: chunks.shares)
        var way = FolderWay(root)
        try restore.each {
            $0.kind == .directory || restore.isLarge($0)
        } make: {
            try restore.begin($0, &way)
        }
        let done = Monitor(0)
        try Together.each(restore.work(), most: width) { work throws(VolumeError) in
            let count = try restore.make(work)
            let all = done.hold { done in
                done += count
                return done
            }
            told(all)
        }
        way = FolderWay(root)
        try restore.each {
            $0.isFurther
        } make: { entry in
            guard case .hardLink(let target) = entry.kind, let (path, name) = entry.path.parted else {
                return
            }
            guard let (place, other) = target.parted else { throw FormatFlaw("it links to the root") }
            // The way to the target is walked anew: it is another one.
            var toTarget = FolderWay(root)
            try way.folder(path).makeHardLink(name, to: other, in: toTarget.folder(place))
        }
        // What is made in a folder changes its times: theirs come last, the innermost first.
        try restore.each(reversed: true) {
            $0.kind == .directory || restore.isLarge($0)
        } make: {
            try restore.finish($0, &way)
        }
        told(entries.count)
    }

    private func each(
        reversed: Bool = false,
        _ isMeant: (TreeEntry) -> Bool,
        make: (TreeEntry) throws -> Void
    ) throws(VolumeError) {
        let places = entries.indices
        for place in reversed ? Array(places.reversed()) : Array(places) where isMeant(entries[place]) {
            do { try make(entries[place]) } catch { throw Self.error(error, entries[place].path) }
        }
    }

    private static func error(_ error: any Error, _ path: TreePath) -> VolumeError {
        switch error {
        case let error as VolumeError: error
        case let error as LinuxError: VolumeError("restore", path.description, .system(error))
        default: VolumeError("restore", path.description, .damaged("\(error)"))
        }
    }

    // MARK: What is to be done

    private func isLarge(_ entry: TreeEntry) -> Bool {
        guard case .file(let content) = entry.kind else { return false }
        return content.size > Self.large && content.pieces.count > 1
    }

    /// Files that lie side by side, for so lie their chunks.
    private func work() -> [Work] {
        var work: [Work] = [], begin = 0, bytes: Int64 = 0
        for (place, entry) in entries.enumerated() {
            if isLarge(entry), case .file(let content) = entry.kind {
                var at: Int64 = 0
                // A list stands for as much as many pieces.
                let most = content.depth > 0 ? 1 : Self.mostPieces
                for start in stride(from: 0, to: content.pieces.count, by: most) {
                    let pieces = Array(content.pieces[start..<min(start + most, content.pieces.count)])
                    work.append(.pieces(place, pieces, at: at))
                    at += pieces.reduce(0) { $0 + $1.span }
                }
            } else {
                bytes += Int64(clamping: entry.size)
            }
            guard bytes >= Self.stretch || place + 1 - begin >= Self.mostEntries else { continue }
            work.append(.entries(begin..<place + 1))
            (begin, bytes) = (place + 1, 0)
        }
        if begin < entries.count { work.append(.entries(begin..<entries.count)) }
        return work
    }

    /// Does one piece of work; how many entries that were.
    private func make(_ work: Work) throws(VolumeError) -> Int {
        let chunks = shares.reader()
        switch work {
        case .entries(let places):
            let own = places.filter {
                !entries[$0].isFurther && entries[$0].kind != .directory && !isLarge(entries[$0])
            }
            chunks.expect(own.flatMap { entries[$0].chunks })
            var way = FolderWay(root)
            for place in own {
                do { try make(entries[place], &way, chunks) } catch {
                    throw Self.error(error, entries[place].path)
                }
            }
            return places.count
        case .pieces(let place, let pieces, let start):
            do { try fill(entries[place], pieces, at: start, chunks) } catch {
                throw Self.error(error, entries[place].path)
            }
            return 0
        }
    }

    // MARK: One entry

    /// A folder, or a large file that is to be filled.
    private func begin(_ entry: TreeEntry, _ way: inout FolderWay) throws {
        guard let (path, name) = entry.path.parted else { return }
        let folder = try way.folder(path)
        if case .file(let content) = entry.kind {
            try create(name, in: folder).resize(content.size)
        } else {
            try folder.makeDirectory(name, mode: 0o700)
        }
    }

    private func create(_ name: RawPath, in folder: Descriptor) throws(LinuxError) -> Descriptor {
        try folder.open(
            name,
            O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
            mode: 0o600,
            resolve: [.beneath, .noSymlinks, .noCrossing]
        )
    }

    private func make(_ entry: TreeEntry, _ way: inout FolderWay, _ chunks: ChunkReader) throws {
        guard let (path, name) = entry.path.parted else { return }
        let folder = try way.folder(path)
        switch entry.kind {
        case .gone, .directory, .hardLink: return
        case .file(let content):
            let file = try create(name, in: folder)
            try file.resize(content.size)
            try write(content.pieces, depth: content.depth, to: file, at: 0, chunks)
        case .symbolicLink(let target):
            guard let target = RawPath(bytes: target) else { throw FormatFlaw("it links to nothing") }
            try folder.makeLink(name, to: target)
        case .fifo: try folder.makeNode(name, mode: S_IFIFO | 0o600, node: (0, 0))
        case .socket: try folder.makeNode(name, mode: S_IFSOCK | 0o600, node: (0, 0))
        case .characterDevice(let major, let minor):
            try folder.makeNode(name, mode: S_IFCHR | 0o600, node: (major, minor))
        case .blockDevice(let major, let minor):
            try folder.makeNode(name, mode: S_IFBLK | 0o600, node: (major, minor))
        }
        try dress(entry, name, in: folder)
    }

    private func fill(
        _ entry: TreeEntry,
        _ pieces: [FileContent.Piece],
        at start: Int64,
        _ chunks: ChunkReader
    ) throws {
        guard let (path, name) = entry.path.parted, case .file(let content) = entry.kind else { return }
        var way = FolderWay(root)
        let file = try way.folder(path).open(
            name,
            O_WRONLY | O_NOFOLLOW,
            resolve: [.beneath, .noSymlinks, .noCrossing]
        )
        chunks.expect(pieces.compactMap(\.chunk))
        try write(pieces, depth: content.depth, to: file, at: start, chunks)
    }

    private func write(
        _ pieces: [FileContent.Piece],
        depth: Int,
        to file: Descriptor,
        at start: Int64,
        _ chunks: ChunkReader
    ) throws {
        var place = start
        for piece in pieces {
            if let chunk = piece.chunk, depth > 0 {
                let list = try TreeReader.list(chunk, span: piece.span, depth: depth - 1, with: chunks)
                chunks.expect(list.compactMap(\.chunk))
                try write(list, depth: depth - 1, to: file, at: place, chunks)
            } else if let chunk = piece.chunk {
                try chunks.read(chunk).withUnsafeBytes { try file.write(all: $0, at: place) }
            }
            place += piece.span
        }
    }

    // MARK: Attributes

    private func finish(_ entry: TreeEntry, _ way: inout FolderWay) throws {
        guard let (path, name) = entry.path.parted else {
            guard let attributes = entry.attributes else { return }
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
        try dress(entry, name, in: way.folder(path))
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
}

extension TreeEntry {
    /// The chunks of a file, or the lists of them.
    fileprivate var chunks: [ChunkReference] {
        guard case .file(let content) = kind else { return [] }
        return content.pieces.compactMap(\.chunk)
    }
}
