// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Reads the tree of a volume from its directory.
///
/// What is in it belongs to a container: no symbolic link is followed, nothing is opened but plain files and folders, and
/// names are bytes. A file whose size, times and inode are as they were is not read again.
struct TreeScan {
    /// What a file was known by when it was read.
    struct Mark: Equatable {
        let status: FileStatus
        let changed: Int64
        let changedNanoseconds: Int
        let modifiedNanoseconds: Int

        init(_ status: FileStatus) {
            self.status = status
            changed = status.changed
            changedNanoseconds = status.changedNanoseconds
            modifiedNanoseconds = status.modifiedNanoseconds
        }
    }

    /// An entry, and what it was known by.
    struct Seen {
        let mark: Mark
        let entry: TreeEntry
    }

    /// Later than the last change of a file by less than this, another one may have the same time: the kernel's clock has
    /// ticks of up to 10 ms.
    private static let tick: Int64 = 20_000_000

    private let known: [TreePath: Seen]
    /// When it began, nanoseconds since 1970.
    var began: Int64
    private let device: UInt64
    private var firsts: [UInt64: TreePath] = [:]

    /// All that is there, in order.
    var entries: [TreeEntry] = []
    /// What each of them is known by; nil for one that may have changed since.
    var marks: [Mark?] = []
    /// What need not be read again if it is as it is.
    var seen: [TreePath: Seen] = [:]
    /// The bytes of all files, holes included.
    var bytes: UInt64 = 0
    /// The bytes of the files that had to be read.
    var readBytes: UInt64 = 0
    /// Whether something changed while it was read.
    var isTorn = false

    private init(_ root: Descriptor, known: [TreePath: Seen]) throws(VolumeError) {
        self.known = known
        began = Self.now
        do throws(LinuxError) { device = try root.status().device } catch {
            throw VolumeError("read", "/", .system(error))
        }
    }

    static var now: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Reads all below a directory, and stores what the store has not.
    static func run(_ root: Descriptor, known: [TreePath: Seen], into chunks: inout ChunkWriter)
        throws(VolumeError) -> TreeScan
    {
        var scan = try TreeScan(root, known: known)
        try scan.folder(root, .root, &chunks)
        return scan
    }

    // MARK: Folders

    private mutating func folder(_ folder: Descriptor, _ path: TreePath, _ chunks: inout ChunkWriter)
        throws(VolumeError)
    {
        let names: [RawPath], isForeign: Bool
        do throws(LinuxError) {
            let status = try folder.status()
            let attributes = try TreeEntry.Attributes(status, of: folder)
            note(TreeEntry(path: path, kind: .directory, attributes: attributes), status)
            isForeign = status.device != device
            names = try folder.entries()
        } catch {
            throw VolumeError("read", path.description, .system(error))
        }
        guard !isForeign else {
            let remedy = "another file system is mounted there: unmount it"
            throw VolumeError("read", path.description, .refused(remedy))
        }
        for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            guard let below = path.appending(name.bytes) else {
                throw VolumeError(
                    "read",
                    path.description,
                    .refused("paths below it are too long to be kept")
                )
            }
            try entry(name, in: folder, below, &chunks)
        }
    }

    private mutating func entry(
        _ name: RawPath,
        in folder: Descriptor,
        _ path: TreePath,
        _ chunks: inout ChunkWriter
    ) throws(VolumeError) {
        do {
            guard let status = try folder.status(name) else {
                isTorn = true
                return
            }
            if status.kind == .directory {
                let below = try folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: .beneath)
                return try self.folder(below, path, &chunks)
            }
            if status.links > 1, let first = firsts[status.inode] {
                return note(TreeEntry(path: path, kind: .hardLink(to: first), attributes: nil), status)
            }
            if let before = known[path], before.mark == Mark(status), !before.entry.isFurther {
                note(before.entry, status)
            } else {
                try read(folder.open(itself: name), path, &chunks)
            }
        } catch {
            try vanished(error, path)
        }
    }

    /// Reads a file of any kind by a descriptor of it: its name may be another one's by now.
    mutating func read(_ itself: Descriptor, _ path: TreePath, _ chunks: inout ChunkWriter) throws {
        let status = try itself.status(), kind: TreeEntry.Kind
        switch status.kind {
        case .file: return try file(itself, path, &chunks)
        case .link: kind = .symbolicLink(target: try itself.linkTarget("").bytes)
        case .fifo: kind = .fifo
        case .socket: kind = .socket
        case .characterDevice: kind = .characterDevice(major: status.node.major, minor: status.node.minor)
        case .blockDevice: kind = .blockDevice(major: status.node.major, minor: status.node.minor)
        case .directory, .unknown:
            isTorn = true
            return
        }
        let attributes = try TreeEntry.Attributes(status, of: itself)
        note(TreeEntry(path: path, kind: kind, attributes: attributes), status)
    }

    /// What goes while it is looked at is no error, but a reading of no one instant.
    private mutating func vanished(_ error: any Error, _ path: TreePath) throws(VolumeError) {
        switch error {
        case let error as VolumeError: throw error
        case let error as LinuxError:
            guard [ENOENT, ENOTDIR, ELOOP].contains(error.errno) else {
                throw VolumeError("read", path.description, .system(error))
            }
            isTorn = true
        default: throw VolumeError("read", path.description, .refused("\(error)"))
        }
    }

    // MARK: Files

    private mutating func file(_ itself: Descriptor, _ path: TreePath, _ chunks: inout ChunkWriter) throws {
        // Of the very file that was looked at, proc(5): what has its name now may be a device.
        let file = try Descriptor.open("/proc/self/fd/\(itself.number)", O_RDONLY | O_NOCTTY)
        var attempts = 0
        while true {
            let before = try file.status()
            let attributes = try TreeEntry.Attributes(before, of: itself)
            let content = try FileReading(file).content(size: before.size, into: &chunks)
            let after = try file.status()
            attempts += 1
            readBytes += UInt64(before.size)
            let isWhole = Mark(before) == Mark(after)
            guard isWhole || attempts == 3 else { continue }
            let entry = TreeEntry(path: path, kind: .file(content), attributes: attributes)
            note(entry, before, remembering: isWhole)
            if !isWhole { isTorn = true }
            return
        }
    }

    private mutating func note(_ entry: TreeEntry, _ status: FileStatus, remembering: Bool = true) {
        entries.append(entry)
        let mark = Mark(status), changed = status.changed * 1_000_000_000 + Int64(status.changedNanoseconds)
        let isKnown = remembering && changed < began - Self.tick
        marks.append(isKnown ? mark : nil)
        guard status.kind != .directory else { return }
        if status.kind == .file, !entry.isFurther { bytes += UInt64(status.size) }
        if status.links > 1, !entry.isFurther { firsts[status.inode] = entry.path }
        if isKnown { seen[entry.path] = Seen(mark: mark, entry: entry) }
    }
}

extension TreeEntry {
    /// Whether it is a further path of another one.
    fileprivate var isFurther: Bool { if case .hardLink = kind { true } else { false } }
}

extension TreeEntry.Attributes {
    /// What a file has, by its status and a descriptor of it.
    fileprivate init(_ status: FileStatus, of file: Descriptor) throws(LinuxError) {
        self.init(
            mode: status.mode,
            uid: status.uid,
            gid: status.gid,
            seconds: status.modified,
            nanoseconds: UInt32(status.modifiedNanoseconds),
            extended: try file.everyAttribute().map { TreeEntry.Extended(name: $0.name, value: $0.value) }
        )
    }
}
