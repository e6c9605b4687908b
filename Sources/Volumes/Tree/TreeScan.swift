// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Reads the tree of a volume from its directory.
///
/// What is in it belongs to a container: no symbolic link is followed, nothing is opened but plain files and folders, and
/// names are bytes. A file whose size, times and inode are as they were is not read again: before it is read it is seen to
/// that every later write moves its times.
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
    private let haste: Haste
    /// When it began, nanoseconds since 1970.
    private var began: Int64
    private let device: UInt64
    private var firsts: [UInt64: TreePath] = [:]

    /// All that is there, in order.
    private(set) var entries: [TreeEntry] = []
    /// What each of them is known by; nil for one that may have changed since.
    private(set) var marks: [Mark?] = []
    /// What need not be read again if it is as it is.
    private(set) var seen: [TreePath: Seen] = [:]
    /// The bytes of all files, holes included.
    private(set) var bytes: UInt64 = 0
    /// Whether something changed while it was read.
    private(set) var isTorn = false
    /// Files that were cloned and are to be read, by the places of their entries.
    private var cloned: [Int: FileReading] = [:]
    /// Whether it was read again, and no entry was another one.
    private(set) var isAsBefore = false

    private init(_ root: Descriptor, known: [TreePath: Seen], _ haste: Haste) throws(VolumeError) {
        (self.known, self.haste) = (known, haste)
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
    ///
    /// - Parameters:
    ///   - root: The directory.
    ///   - known: What need not be read again if it is as it is.
    ///   - haste: Who waits for it: what it reads while containers stand still is read once more by the next one, and what
    ///     it clones by `readClones`.
    ///   - chunks: Where contents go.
    /// - Returns: All that is there.
    /// - Throws: Why it cannot be read or stored.
    static func run(
        _ root: Descriptor,
        known: [TreePath: Seen],
        _ haste: Haste = .none,
        into chunks: ChunkWriter
    )
        throws(VolumeError) -> TreeScan
    {
        var scan = try TreeScan(root, known: known, haste)
        try scan.folder(root, .root, chunks)
        return scan
    }

    // MARK: Folders

    /// What stands in a folder: read already, or still to be read by its name.
    private enum Found {
        case known(TreeEntry, FileStatus)
        case unread(FilesToRead.File)
    }

    private mutating func folder(_ folder: Descriptor, _ path: TreePath, _ chunks: ChunkWriter)
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
        // Side by side, without a folder between them: these are read together.
        var found: [Found] = []
        for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            guard let below = path.appending(name.bytes) else {
                throw VolumeError(
                    "read",
                    path.description,
                    .refused("paths below it are too long to be kept")
                )
            }
            try entry(FilesToRead.File(folder: folder, name: name, path: below), &found, chunks)
        }
        try take(&found, chunks)
    }

    private mutating func entry(_ file: FilesToRead.File, _ found: inout [Found], _ chunks: ChunkWriter)
        throws(VolumeError)
    {
        do {
            guard let status = try file.folder.status(file.name) else {
                isTorn = true
                return
            }
            if status.kind == .directory {
                try take(&found, chunks)
                let below = try file.folder.open(
                    file.name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    resolve: .beneath
                )
                return try folder(below, file.path, chunks)
            }
            // Which path of a file is the first is known once those before it were read.
            let hasMore = status.links > 1
            if hasMore { try take(&found, chunks) }
            if hasMore, let first = firsts[status.inode] {
                return note(TreeEntry(path: file.path, kind: .hardLink(to: first), attributes: nil), status)
            }
            if let before = known[file.path], before.mark == Mark(status), !before.entry.isFurther {
                found.append(.known(before.entry, status))
            } else {
                found.append(.unread(file))
            }
            if hasMore { try take(&found, chunks) }
        } catch {
            try vanished(error, file.path)
        }
    }

    /// Reads what was not, and notes all of it in order.
    private mutating func take(_ found: inout [Found], _ chunks: ChunkWriter) throws(VolumeError) {
        let files = found.compactMap { if case .unread(let file) = $0 { file } else { nil } }
        var readings = try FilesToRead(files, haste).read(into: chunks)[...]
        for one in found {
            switch one {
            case .known(let entry, let status): note(entry, status)
            case .unread(let file):
                switch readings.removeFirst() {
                case .success(let reading): take(reading)
                case .failure(let error): try vanished(error, file.path)
                }
            }
        }
        found = []
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

    /// Puts files that were read again in the places of their entries.
    mutating func replace(_ readings: [Int: FileReading], asOf instant: Int64) {
        began = instant
        isTorn = false
        isAsBefore = true
        for (place, reading) in readings {
            if reading.entry != entries[place] { isAsBefore = false }
            seen[reading.entry.path] = nil
            bytes -= entries[place].size
            take(reading)
            entries[place] = entries.removeLast()
            marks[place] = marks.removeLast()
        }
    }

    /// Reads what was cloned while containers stood still.
    mutating func readClones(into chunks: ChunkWriter) throws(VolumeError) {
        for (place, reading) in try FileReading.fill(cloned, into: chunks) {
            entries[place] = reading.entry
            guard let before = seen[reading.entry.path] else { continue }
            seen[reading.entry.path] = Seen(mark: before.mark, entry: reading.entry)
        }
        cloned = [:]
    }

    /// Notes a file as it was read; nil if it was none by then.
    private mutating func take(_ reading: FileReading?) {
        guard let reading else { return isTorn = true }
        if reading.clone != nil { cloned[entries.count] = reading }
        note(reading.entry, reading.status, remembering: reading.isWhole && reading.isTraceable)
        if !reading.isWhole { isTorn = true }
    }

    private mutating func note(_ entry: TreeEntry, _ status: FileStatus, remembering: Bool = true) {
        entries.append(entry)
        let mark = Mark(status), changed = status.changed * 1_000_000_000 + Int64(status.changedNanoseconds)
        let isKnown = remembering && changed < began - Self.tick
        marks.append(isKnown ? mark : nil)
        guard status.kind != .directory else { return }
        if status.kind == .file, !entry.isFurther { bytes &+= UInt64(clamping: status.size) }
        if status.links > 1, !entry.isFurther { firsts[status.inode] = entry.path }
        if isKnown { seen[entry.path] = Seen(mark: mark, entry: entry) }
    }
}

extension TreeEntry {
    /// Whether it is a further path of another one.
    var isFurther: Bool { if case .hardLink = kind { true } else { false } }
}

extension TreeEntry.Attributes {
    /// What a file has, by its status and a descriptor of it.
    init(_ status: FileStatus, of file: Descriptor) throws(LinuxError) {
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
