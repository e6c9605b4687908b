// SPDX-License-Identifier: Apache-2.0
internal import GRDB
internal import Glibc
internal import Linux

/// `agent.db`: one SQLite file of sealed rows that is looked through whenever it is not as we left it.
struct RecordDatabase {
    /// What a look at the file found.
    enum Found {
        case absent
        /// It cannot go on; what could be read of it is still good, each row by its own checksum.
        case damaged(String, Ledger)
        /// It can go on, but so many rows were damaged.
        case intact(Ledger, damagedRows: Int)
    }

    private let folder: String
    private let kept: Int
    private var queue: DatabaseQueue?
    private var mark: FileMark?

    init(state: String, kept: Int) {
        folder = state
        self.kept = kept
    }

    var path: String { "\(folder)/agent.db" }

    /// What SQLite may keep beside a database; between our transactions there is nothing.
    private static let companions = ["-journal", "-wal", "-shm"]

    /// Whether the file is as our last write left it.
    var isOurs: Bool {
        guard queue != nil, let mark, mark == FileMark.of(path) else { return false }
        return !Self.companions.contains { access(path + $0, F_OK) == 0 }
    }

    /// Like `isOurs`, and so long ago that no later write can hide behind the same times.
    var isSettled: Bool { isOurs && mark?.isYoung == false }

    /// Looks through the whole file with a fresh connection, without the pages that an earlier one remembers.
    ///
    /// A journal beside a file that was open is nobody's and is removed; after a crash it is SQLite's way back.
    mutating func load() -> Found {
        let wasOpen = queue != nil
        close()
        var status = stat()
        guard lstat(path, &status) == 0 else { return .absent }
        let nothing = Ledger(kept: kept)
        guard status.st_mode & S_IFMT == S_IFREG else { return .damaged("is not a file", nothing) }
        guard status.st_size > 0 else { return .damaged("is empty", nothing) }
        do {
            try discardCompanions(of: path, sparingJournal: !wasOpen)
            let queue = try DatabaseQueue(path: path, configuration: RecordSchema.configuration)
            let found = RecordSchema.read(queue, kept: kept)
            guard case .intact = found else { return found }
            self.queue = queue
            mark = FileMark.of(path)
            return found
        } catch {
            return .damaged("cannot be opened (\(Self.cause(error)))", nothing)
        }
    }

    /// Writes what is remembered of one app; nothing if it was removed.
    mutating func write(_ app: String, of ledger: Ledger) throws {
        try change { db in
            try RecordSchema.clear(db, app: app)
            Failpoint.rowsCleared.reach()
            try RecordSchema.insert(db, app, of: ledger)
            Failpoint.rowsInserted.reach()
        }
    }

    /// Writes every row anew.
    mutating func fill(_ ledger: Ledger) throws {
        try change { db in try RecordSchema.fill(db, ledger) }
    }

    /// Makes a new file beside the old one and puts it in its place; the old one is kept as `agent.db.damaged`.
    mutating func rebuild(_ ledger: Ledger) throws {
        close()
        let fresh = "\(path).new", aside = "\(path).damaged"
        _ = try Folders.make(folder)
        try Folders.discard(fresh)
        try discardCompanions(of: fresh)
        do {
            // SQLite would make it readable for all.
            _ = try Descriptor.open(fresh, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
            Failpoint.databaseMade.reach()
            let queue = try DatabaseQueue(path: fresh, configuration: RecordSchema.configuration)
            try queue.write { db in
                try RecordSchema.create(db)
                try RecordSchema.fill(db, ledger)
            }
            try queue.close()
            Failpoint.databaseFilled.reach()
            try discardCompanions(of: path)
            try Folders.discard(aside)
            // By a second name the old one is never gone before the new one is there; a directory can only move.
            if link(path, aside) < 0, errno != ENOENT { try check("rename", path, rename(path, aside)) }
            Failpoint.databaseSetAside.reach()
            try check("rename", path, rename(fresh, path))
            Failpoint.databaseRenamed.reach()
        } catch {
            try? Folders.discard(fresh)  // on a full disk it would be in the way
            throw error
        }
        try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).synchronize()
        Failpoint.databaseSynced.reach()
        queue = try DatabaseQueue(path: path, configuration: RecordSchema.configuration)
        mark = FileMark.of(path)
    }

    private mutating func change(_ body: (Database) throws -> Void) throws {
        mark = nil  // until it is done nobody knows
        guard let queue else { throw LinuxError("open", path, errno: EBADF) }
        try queue.write(body)
        Failpoint.rowsCommitted.reach()
        mark = FileMark.of(path)
    }

    private mutating func close() {
        try? queue?.close()  // an open statement would keep it; the last reference closes it all the same
        queue = nil
        mark = nil
    }

    private func discardCompanions(of path: String, sparingJournal: Bool = false) throws {
        for companion in Self.companions {
            if sparingJournal, companion == "-journal", FileMark.of(path + companion) != nil { continue }
            try Folders.discard(path + companion)
        }
    }

    /// Why SQLite or the system refused, without the statement.
    static func cause(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return error.message ?? "SQLite error \(error.resultCode.rawValue)"
    }
}
