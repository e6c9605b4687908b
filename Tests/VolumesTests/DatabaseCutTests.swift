// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Volumes

/// Databases that are written all the time, by programs that nobody holds up.
@Suite(.timeLimit(.minutes(getenv("MARTLET_SOAK") == nil ? 5 : 60))) struct DatabaseCutTests {
    private static let versions = getenv("MARTLET_SOAK") == nil ? 4 : 200

    /// Adds a row after the other, 1, 2, ..., each with more beside; says which are committed.
    ///
    /// Checkpoints of all kinds come often, and in one way of it each row has a connection of its own, whose end removes
    /// the log.
    private static let writer = """
        import os, random, sqlite3, sys
        path, way = sys.argv[1], sys.argv[2]
        def connect():
            db = sqlite3.connect(path, isolation_level=None, timeout=60)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")
            db.execute("PRAGMA wal_autocheckpoint=20")
            return db
        db = connect()
        db.execute("CREATE TABLE step (n INTEGER PRIMARY KEY, pad BLOB)")
        db.execute("CREATE TABLE part (n INTEGER, k INTEGER, pad BLOB)")
        db.execute("CREATE INDEX parts ON part (pad)")
        n = 0
        while True:
            n += 1
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO step VALUES (?, ?)", (n, random.randbytes(200)))
            db.executemany("INSERT INTO part VALUES (?, ?, ?)", [(n, k, random.randbytes(90)) for k in range(10)])
            db.execute("DELETE FROM part WHERE n < ?", (n - 300,))
            db.execute("COMMIT")
            print(n, flush=True)
            if n % 50 == 0: db.execute("PRAGMA wal_checkpoint(" + random.choice(["RESTART", "TRUNCATE", "FULL"]) + ")")
            if way == "connections":
                db.close()
                db = connect()
        """

    private static let check = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1])
        whole = [row[0] for row in db.execute("PRAGMA integrity_check")]
        steps, last = db.execute("SELECT count(*), max(n) FROM step").fetchone()
        parts = db.execute("SELECT count(*) FROM part").fetchone()[0]
        print(*whole, steps == last and parts == 10 * min(last, 301), last)
        """

    /// A bench with the scripts, and one that writes.
    private static func written(_ way: String) async throws -> (VolumeBench, ForegroundRun) {
        let bench = try VolumeBench()
        for (name, text) in [("writer", Self.writer), ("check", Self.check)] {
            try Descriptor.open("\(bench.folder)/\(name).py", O_CREAT | O_WRONLY, mode: 0o600).write(
                Array(text.utf8)
            )
        }
        try bench.run("mkdir deep; echo text >deep/file")
        let writer = try ForegroundRun(
            ["/usr/bin/python3", "\(bench.folder)/writer.py", "\(bench.folder)/data/deep/steps.db", way],
            output: "\(bench.folder)/output"
        )
        try await writer.wait(for: "\n100\n")
        return (bench, writer)
    }

    private static func last(_ bench: VolumeBench) throws -> Int {
        let lines = try Shell.run("tail -n 2 \(bench.folder)/output").split(separator: "\n")
        return try #require(lines.first.flatMap { Int($0) })
    }

    @Test(arguments: ["one", "connections"])
    func `every version has all that was committed before it, and nothing of what was not`(_ way: String)
        async throws
    {
        let (bench, writer) = try await Self.written(way)
        let volume = try bench.open()
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        var seen: [Int] = []
        for version in 1...Self.versions {
            let before = try Self.last(bench)
            _ = try volume.readAhead(root, in: bench.scope)
            let record = try #require(
                try volume.commit(
                    root,
                    isCut: true,
                    cut: DatabaseCut(folder: "\(bench.folder)/data"),
                    time: 0,
                    in: bench.scope
                )
            )
            try bench.restore(record, to: "version\(version)")
            let found = try Shell.run(
                "python3 \(bench.folder)/check.py \(bench.folder)/version\(version)/deep/steps.db"
            )
            let words = found.split(whereSeparator: \.isWhitespace)
            try #require(words.count == 3 && words[0] == "ok" && words[1] == "True", "\(version): \(found)")
            let last = try #require(Int(words[2]))
            #expect(last >= before, "version \(version): \(last), and \(before) was committed")
            seen.append(last)
            try Shell.run("rm -r \(bench.folder)/version\(version)")
        }
        #expect(seen == seen.sorted() && Set(seen).count > 1, "\(seen)")
        writer.kill()
    }

    @Test func `while it lasts programs write on, and no checkpoint comes`() async throws {
        let (bench, writer) = try await Self.written("one")
        let database = "\(bench.folder)/data/deep/steps.db"
        func checkpoint() throws -> String {
            try Shell.run(
                "python3 -c \"import sqlite3; print(sqlite3.connect('\(database)').execute('PRAGMA wal_checkpoint').fetchone()[0])\""
            )
        }
        let cut = DatabaseCut(folder: "\(bench.folder)/data")
        try cut.begin()
        let before = try Self.last(bench), size = try Shell.run("md5sum \(database)")
        try await writer.wait(for: "\n\(before + 40)\n")
        #expect(try checkpoint() == "1\n")
        #expect(try Shell.run("md5sum \(database)") == size)
        #expect(cut.end() == (true, .zero))
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while try checkpoint() != "0\n" { try #require(ContinuousClock.now < deadline) }
        writer.kill()
        // A database that came in between was read in no particular state.
        try cut.begin()
        try bench.run(
            "python3 -c \"import sqlite3; sqlite3.connect('new.db').execute('CREATE TABLE a (b)')\""
        )
        #expect(cut.end().isWhole == false)
        do {
            try cut.begin()
            Issue.record("it was read")
        } catch {
            #expect(error.description.contains("read new.db: is not in WAL mode"), "\(error)")
        }
    }

    @Test func `what is no database, or lies behind a link, is left alone`() throws {
        let bench = try VolumeBench()
        try bench.run(
            """
            mkdir ../outside; python3 -c "import sqlite3; sqlite3.connect('../outside/a.db').execute('CREATE TABLE a (b)')"
            ln -s ../outside way; ln -s ../outside/a.db a.db; mkfifo b.db; echo 'SQLite format 3' >c.db; mkdir d.db-shm
            """
        )
        let cut = DatabaseCut(folder: "\(bench.folder)/data")
        try cut.begin()
        #expect(cut.end() == (true, .zero))
    }
}
