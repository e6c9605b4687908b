// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// Keeps every database of SQLite in a folder readable as of one of its commits, while its programs go on writing.
///
/// In WAL mode a commit is appended to the log, and the database's own file is changed by a checkpoint alone. While we hold
/// the checkpoint lock there is none, and while we hold the lock of a reader the log is not begun anew: the file together
/// with however much of the log is read is what some commit left, "WAL-mode File Format", sqlite.org/walformat.html. Whoever
/// opens both next finds the last whole commit by the checksums of the log.
package final class DatabaseCut: VolumeCut {
    /// A database whose locks we have.
    private struct Held: Sendable {
        let path: TreePath
        /// The inode of what its programs share; nil if none has it open.
        let shared: UInt64?
        let files: [Descriptor]
    }

    /// "SQLite format 3" and a NUL, "Database File Format", 1.3.1.
    private static let magic = Array("SQLite format 3\0".utf8)
    /// Bytes of the database's file that each of its readers has locked: nobody changes its mode or takes its log away.
    private static let readers: Range<Int64> = 0x4000_0002..<0x4000_0200
    /// WAL_CKPT_LOCK and WAL_READ_LOCK(1), bytes of the file that its programs share ("WAL Locks").
    private static let checkpoint: Range<Int64> = 121..<122
    private static let reading: Range<Int64> = 124..<125
    /// So long is waited for a checkpoint that has begun.
    private static let patience = Duration.seconds(5)
    private static let pause: UInt32 = 2_000
    private static let log = "-wal"
    private static let shared = "-shm"

    private let folder: String
    private let held = Mutex<[Held]>([])

    /// The databases in a folder by its path, and in all folders below.
    package init(folder: String) { self.folder = folder }

    /// Takes the locks of all databases.
    ///
    /// - Throws: `refused` if one is not in WAL mode, `unsettled` if it is locked for too long.
    package func begin() throws(VolumeError) {
        do {
            let root = try root()
            var taken: [Held] = []
            for path in try databases(in: root, .root) {
                if let held = try hold(path, in: root) { taken.append(held) }
            }
            held.withLock { $0 = taken }
        } catch { throw VolumeError("read", "databases", of: error) }
    }

    /// Lets go of them: whether no other database was opened meanwhile.
    ///
    /// Nobody stood still.
    package func end() -> (isWhole: Bool, pause: Duration) {
        let held = held.withLock { held in
            defer { held = [] }
            return held
        }
        return ((try? isComplete(held)) ?? false, .zero)
    }

    /// It holds nobody up.
    package var mayRepeat: Bool { true }

    private func root() throws(LinuxError) -> Descriptor {
        try Descriptor.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }

    private func isComplete(_ held: [Held]) throws -> Bool {
        let root = try root()
        return try databases(in: root, .root) == held.map(\.path)
            && held.allSatisfy { try shared(of: $0.path, in: root)?.inode == $0.shared }
    }

    // MARK: One database

    private func hold(_ path: TreePath, in root: Descriptor) throws -> Held? {
        guard let file = try open(path.bytes, O_RDONLY, in: root), try isLogged(file, path) else {
            return nil
        }
        try wait(for: path, "somebody has it for themselves alone: is its locking_mode EXCLUSIVE?") {
            try file.lock(Self.readers, isExclusive: false)
        }
        // Only now is it sure to stay so.
        guard try isLogged(file, path) else { return nil }
        guard let status = try shared(of: path, in: root) else {
            return Held(path: path, shared: nil, files: [file])
        }
        guard let locks = try open(path.bytes + Array(Self.shared.utf8), O_RDWR, in: root) else { return nil }
        try wait(for: path, "a checkpoint takes its time") {
            try locks.lock(Self.checkpoint, isExclusive: true)
        }
        try wait(for: path, "its log is being begun anew") {
            try locks.lock(Self.reading, isExclusive: false)
        }
        return Held(path: path, shared: status.inode, files: [file, locks])
    }

    /// Throws if a database is not in WAL mode; false if it is none any more.
    private func isLogged(_ file: Descriptor, _ path: TreePath) throws -> Bool {
        guard let header = try Self.header(file) else { return false }
        guard header[18] == 2 else {
            let remedy = "is not in WAL mode: set `PRAGMA journal_mode=WAL`, or use 'mode: snapshot'"
            throw VolumeError("read", path.description, .refused(remedy))
        }
        return true
    }

    private func wait(for path: TreePath, _ reason: String, _ lock: () throws -> Bool) throws {
        let end = ContinuousClock.now + Self.patience
        while try !lock() {
            guard ContinuousClock.now < end else {
                throw VolumeError("lock", path.description, .unsettled("\(reason): it is tried again"))
            }
            usleep(Self.pause)
        }
    }

    private func shared(of path: TreePath, in root: Descriptor) throws -> FileStatus? {
        try open(path.bytes + Array(Self.shared.utf8), O_RDONLY, in: root)?.status()
    }

    /// The first bytes of a database; nil if it is none.
    private static func header(_ file: Descriptor) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return count == bytes.count && bytes.starts(with: magic) ? bytes : nil
    }

    // MARK: The folder

    /// The paths of all databases, in order.
    private func databases(in folder: Descriptor, _ path: TreePath) throws -> [TreePath] {
        var found: [TreePath] = []
        for name in try folder.entries() {
            guard let below = path.appending(name.bytes), let status = try folder.status(name) else {
                continue
            }
            switch status.kind {
            case .directory:
                guard let next = try open(name.bytes, O_RDONLY | O_DIRECTORY, in: folder) else { continue }
                found += try databases(in: next, below)
            case .file where status.size >= 100:
                let text = name.description
                guard !text.hasSuffix(Self.log), !text.hasSuffix(Self.shared),
                    let file = try open(name.bytes, O_RDONLY, in: folder), try Self.header(file) != nil
                else { continue }
                found.append(below)
            default: continue
            }
        }
        return found.sorted()
    }

    /// A file or a folder, and nothing that a link leads to; nil if it went meanwhile.
    private func open(_ path: [UInt8], _ flags: Int32, in folder: Descriptor) throws(LinuxError)
        -> Descriptor?
    {
        guard let path = RawPath(bytes: path) else { return nil }
        do throws(LinuxError) {
            let file = try folder.open(
                path,
                flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
            let kind = try file.status().kind
            return kind == .file || kind == .directory ? file : nil
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP, EXDEV, ENXIO].contains(error.errno) else { throw error }
            return nil
        }
    }
}
