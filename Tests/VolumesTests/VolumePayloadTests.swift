// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Volumes

/// A database that is written all the time is sound in every version.
@Suite(.timeLimit(.minutes(getenv("MARTLET_SOAK") == nil ? 5 : 60))) struct VolumePayloadTests {
    /// Stops a process where it stands, as the freezer does with a container.
    private struct StoppedProcess: VolumeCut {
        let pid: Int32

        func begin() throws(VolumeError) {
            kill(pid, SIGSTOP)
            while state != "T" { usleep(100) }
        }

        func end() -> (isWhole: Bool, pause: Duration) {
            kill(pid, SIGCONT)
            return (true, .zero)
        }

        private var state: Character? {
            let bytes = try? Descriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4_096)
            return bytes.flatMap {
                String(decoding: $0, as: UTF8.self).split(separator: ")").last?.dropFirst().first
            }
        }
    }

    /// Moves sums between accounts, and syncs nothing: what is in files is all that a version can have.
    private static let writer = """
        import random, sqlite3, sys
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("PRAGMA journal_mode=" + sys.argv[2])
        db.execute("PRAGMA synchronous=OFF")
        db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, sum INTEGER, note BLOB)")
        db.execute("BEGIN")
        db.executemany("INSERT INTO account VALUES (?, 100, ?)", [(n, random.randbytes(500)) for n in range(500)])
        db.execute("COMMIT")
        print("ready", flush=True)
        while True:
            db.execute("BEGIN")
            for n in range(random.randrange(1, 20)):
                amount, one, other = random.randrange(50), random.randrange(500), random.randrange(500)
                db.execute("UPDATE account SET sum = sum - ?, note = ? WHERE id = ?", (amount, random.randbytes(500), one))
                db.execute("UPDATE account SET sum = sum + ? WHERE id = ?", (amount, other))
            db.execute("COMMIT")
        """

    private static let versions = getenv("MARTLET_SOAK") == nil ? 4 : 50

    private static let check = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1])
        print(db.execute("PRAGMA integrity_check").fetchall(), db.execute("SELECT count(*), sum(sum) FROM account").fetchall())
        """

    @Test(arguments: ["WAL", "DELETE"]) func `every version of a busy database is sound`(_ journal: String)
        async throws
    {
        let bench = try VolumeBench()
        for (name, text) in [("writer", Self.writer), ("check", Self.check)] {
            try Descriptor.open("\(bench.folder)/\(name).py", O_CREAT | O_WRONLY, mode: 0o600).write(
                Array(text.utf8)
            )
        }
        let database = "\(bench.folder)/data/bank.db"
        let writer = try ForegroundRun(
            ["/usr/bin/python3", "\(bench.folder)/writer.py", database, journal],
            output: "\(bench.folder)/output"
        )
        try await writer.wait(for: "ready")
        try commit(bench, stopping: writer.pid) { folder, version in
            let found = try Shell.run("python3 \(bench.folder)/check.py \(folder)/bank.db")
            #expect(found == "[('ok',)] [(500, 50000)]\n", "version \(version)")
        }
        writer.kill()
    }

    /// Versions while a process writes, each restored and looked at.
    private func commit(
        _ bench: VolumeBench,
        stopping pid: Int32,
        _ check: (_ folder: String, _ version: Int) throws -> Void
    ) throws {
        let volume = try bench.open()
        let root = try Descriptor.open("\(bench.folder)/data", O_RDONLY | O_DIRECTORY)
        for version in 1...Self.versions {
            let record = try volume.commit(
                root,
                isCut: true,
                cut: StoppedProcess(pid: pid),
                time: 0,
                in: bench.scope
            )
            let committed = try #require(record)
            #expect(!committed.flags.contains(.fuzzy))
            try bench.restore(committed, to: "version\(version)")
            try check("\(bench.folder)/version\(version)", version)
        }
    }

    /// Sets and counts without an end; each hundredth time the server writes all of it anew.
    private static let setter = #"""
        import random, socket, sys
        line = socket.socket(socket.AF_UNIX)
        line.connect(sys.argv[1])
        answers = line.makefile("rb")
        def ask(*words):
            words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            line.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            answers.readline()
        n = 0
        while True:
            n += 1
            ask("SET", "key%d" % random.randrange(2000), random.randbytes(300))
            ask("INCR", "count")
            if n % 100 == 0: ask("BGREWRITEAOF")
            if n % 100 == 50: ask("BGSAVE")
            if n == 200: print("ready", flush=True)
        """#

    /// Its server, its checks of dumps and of logs are one program.
    @Test func `every version of a busy Redis passes its own checks`() async throws {
        let bench = try VolumeBench()
        let socket = "/run/martlet-redis-\(getpid())"
        defer { unlink(socket) }
        let words =
            "--dir \(bench.folder)/data --port 0 --unixsocket \(socket) --appendonly yes --appendfsync no --save ''"
        let server = try ForegroundRun(
            ["/bin/bash", "-c", "exec -a redis-server /usr/bin/redis-check-rdb \(words) --loglevel notice"],
            output: "\(bench.folder)/server"
        )
        defer { server.kill() }
        try await server.wait(for: "ready to accept connections")
        try Descriptor.open("\(bench.folder)/setter.py", O_CREAT | O_WRONLY, mode: 0o600).write(
            Array(Self.setter.utf8)
        )
        let setter = try ForegroundRun(
            ["/usr/bin/python3", "\(bench.folder)/setter.py", socket],
            output: "\(bench.folder)/output"
        )
        defer { setter.kill() }
        try await setter.wait(for: "ready")
        try commit(bench, stopping: server.pid) { folder, version in
            let found = try Shell.run(
                """
                redis-check-aof \(folder)/appendonlydir/appendonly.aof.manifest 2>&1
                redis-check-rdb \(folder)/dump.rdb
                """
            )
            #expect(
                found.contains("All AOF files and manifest are valid") && found.contains("RDB looks OK"),
                "version \(version): \(found)"
            )
        }
    }
}
