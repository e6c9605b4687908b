// SPDX-License-Identifier: Apache-2.0
internal import GRDB

/// The one table of `agent.db`: number 0 is an app's entry, the others are its generations, each sealed.
enum RecordSchema {
    /// The format of what is written, which older agents have to understand: see `ReleaseFormats`.
    static let version = 1
    /// `MRTL`.
    private static let applicationID = 0x4d52_544c
    private static let table = """
        CREATE TABLE record (app TEXT NOT NULL, number INTEGER NOT NULL, content TEXT NOT NULL, \
        PRIMARY KEY (app, number)) STRICT
        """

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "agent.db"
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            // Deleted rows leave no trace that a damaged tree could lead to.
            for pragma in [
                "trusted_schema = OFF", "cell_size_check = ON", "secure_delete = ON", "synchronous = FULL",
            ] {
                try db.execute(sql: "PRAGMA \(pragma)")
            }
            // A bit in the header may ask for another one.
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
            guard mode == "delete" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "journal mode \(mode ?? "unknown")")
            }
        }
        return configuration
    }

    static func create(_ db: Database) throws {
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
        try db.execute(sql: table)
    }

    static func clear(_ db: Database, app: String) throws {
        try db.execute(sql: "DELETE FROM record WHERE app = ?", arguments: [app])
    }

    static func insert(_ db: Database, _ app: String, of ledger: Ledger) throws {
        guard let entry = ledger.entries[app] else { return }
        try insert(db, app, 0, Seal.close(entry))
        for (number, generation) in ledger.history[app] ?? [:] {
            try insert(db, app, number, Seal.close(generation))
        }
    }

    static func fill(_ db: Database, _ ledger: Ledger) throws {
        try db.execute(sql: "DELETE FROM record")
        for app in ledger.entries.keys { try insert(db, app, of: ledger) }
    }

    private static func insert(_ db: Database, _ app: String, _ number: Int, _ content: [UInt8]) throws {
        try db.execute(
            sql: "INSERT INTO record VALUES (?, ?, ?)",
            arguments: [app, number, String(decoding: content, as: UTF8.self)]
        )
    }

    /// Reads all that is good, and looks for all that is not.
    static func read(_ queue: DatabaseQueue, kept: Int) -> RecordDatabase.Found {
        var rows = Rows()
        var fault: String?
        do {
            fault = try queue.read { db in
                let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard found <= version else { return "has format \(found), which is newer than ours" }
                try rows.read(db)
                return try structureFault(db)
            }
        } catch {
            fault = "cannot be read (\(RecordDatabase.cause(error)))"
        }
        let ledger = Ledger(kept: kept, entries: rows.entries, generations: rows.generations)
        if let fault { return .damaged(fault, ledger) }
        return .intact(ledger, damagedRows: rows.damaged)
    }

    private static func structureFault(_ db: Database) throws -> String? {
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID,
            try Int.fetchOne(db, sql: "PRAGMA user_version") == version
        else { return "is not ours" }
        let objects = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        guard objects.count == 1, text(objects[0], 0) == "record", text(objects[0], 1) == table else {
            return "has other tables than ours"
        }
        let answer = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? ""
        return answer == "ok" ? nil : "is damaged (\(answer))"
    }

    private static func text(_ row: Row, _ index: Int) -> String? {
        String.fromDatabaseValue(row[index] as DatabaseValue)
    }

    /// Rows whose seal is unbroken, and how many others there are.
    private struct Rows {
        var entries: [Ledger.Entry] = []
        var generations: [Generation] = []
        var damaged = 0

        mutating func read(_ db: Database) throws {
            let cursor = try Row.fetchCursor(db, sql: "SELECT app, number, content FROM record")
            while let row = try cursor.next() {
                let number = Int.fromDatabaseValue(row[1] as DatabaseValue)
                let content = Array((text(row, 2) ?? "").utf8)
                if number == 0, let entry = Seal.open(Ledger.Entry.self, content), entry.isSound,
                    entry.app == text(row, 0)
                {
                    entries.append(entry)
                } else if let generation = Seal.open(Generation.self, content), generation.number == number,
                    generation.app == text(row, 0), Ledger.isName(generation.app),
                    Ledger.numbers ~= generation.number
                {
                    generations.append(generation)
                } else {
                    damaged += 1
                }
            }
        }
    }
}
