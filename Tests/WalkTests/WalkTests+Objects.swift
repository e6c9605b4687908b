// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    private static let shop = """
        name: shop
        services:
          a:
            image: "busybox:walk"
            command: [sh, -c, "[ -e /data/hello ] || echo hello >/data/hello; echo secret >/safe/word; sleep 100000"]
            init: true
            stop_grace_period: 0s
            network_mode: none
            volumes: ["data:/data", "safe:/safe", "db:/db"]
        volumes:
          data: { x-martlet: { store: files, mode: objects, prefix: site, commit: 1s } }
          db: { x-martlet: { store: files, mode: sqlite, commit: 1s, lease: { ttl: 3s } } }
          safe: { x-martlet: { store: safe, encrypt: true, commit: 1s, lease: { ttl: 3s } } }

        """

    /// Rows for some seconds, one after the other; the database stays open until the last.
    private static let rows = """
        import sqlite3, sys, time
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("PRAGMA journal_mode=" + sys.argv[2])
        db.execute("CREATE TABLE row (n INTEGER PRIMARY KEY)")
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            db.execute("INSERT INTO row VALUES (NULL)")
            time.sleep(0.005)
        print(db.execute("SELECT count(*) FROM row").fetchone()[0])
        """

    @Test func `a volume of objects is for others, too, and one in an encrypted store for nobody else`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            let files = "\(walk.folder)/files", safe = "\(walk.folder)/safe"
            try Shell.run(
                "mkdir -m 755 \(files) \(safe); head -c 32 /dev/urandom | od -An -tx1 -v >\(walk.folder)/key"
            )
            let stores = "files: { dir: \(files) }, safe: { dir: \(safe), encrypt: \(walk.folder)/key }"
            let node = try walk.file(
                "format: 1\nnode: { name: n\(walk.port) }\nstores: { \(stores) }\n",
                "node.yaml"
            )
            let agent = try await walk.agent(["--node", node])
            for (word, other, reason) in [
                (
                    "store: safe, encrypt", "store: files, encrypt",
                    "x-martlet.encrypt: the store 'files' is not encrypted"
                ),
                ("store: files, mode", "store: safe, mode", "x-martlet.mode: the store 'safe' is encrypted"),
            ] {
                let wrong = try walk.file(Self.shop.replacing(word, with: other), "wrong.yaml")
                let refused = try await walk.martlet("apply", with: [wrong])
                #expect(refused.code != 0 && refused.output.contains(reason), "\(refused)")
            }

            try await walk.apply(Self.shop)
            let sent = try await walk.volume("shop/data", "sent") { $0.commits > 0 && $0.state == "held" }
            #expect(sent.guarantee == "unfenced" && sent.store == "files", "\(sent)")
            let kept = try await walk.volume("shop/safe", "committed") { $0.commits > 0 }
            #expect(kept.guarantee == "fenced" && kept.sequence ?? 0 > 1, "\(kept)")
            #expect(try Shell.run("cat \(files)/site/hello") == "hello\n")
            #expect(try Shell.run("grep -rlE 'secret|word' \(safe) || :") == "")

            // A database is committed while it is written, and nobody stands still.
            let script = try walk.file(Self.rows, "rows.py"),
                databases = "\(walk.folder)/state/volumes/shop/db/data"
            let rows = try Shell.run("python3 \(script) \(databases)/rows.db WAL")
            let database = try await walk.volume("shop/db", "committed") { $0.commits > 1 }
            #expect(database.longestPauseMilliseconds == 0 && database.guarantee == "fenced", "\(database)")
            _ = try Shell.run("python3 \(script) \(databases)/old.db DELETE")
            let failing = try await walk.volume("shop/db", "failing") { $0.state == "failing" }
            #expect(failing.reason.contains("old.db: is not in WAL mode"), "\(failing)")
            try Shell.run("rm \(databases)/old.db")
            try await walk.volume("shop/db", "held again") { $0.state == "held" }

            // What somebody else does comes with the next sync, also into a container that runs.
            try Shell.run(
                "echo changed >\(files)/site/hello; mkdir \(files)/site/new; echo new >\(files)/site/new/file"
            )
            let synced = try await walk.martlet("volume", "sync", with: ["shop"])
            #expect(synced.code == 0, "\(synced)")
            let seen = try await walk.martlet(
                "exec",
                with: ["shop/a", "--", "cat", "/data/hello", "/data/new/file"]
            )
            #expect(seen.output == "changed\nnew\n", "\(seen)")

            // A node that has nothing begins with what is in the stores.
            try await walk.down("shop")
            try Shell.run("rm -rf \(walk.folder)/state/volumes/shop; echo more >\(files)/site/more")
            try await walk.apply(Self.shop)
            let back = try await walk.martlet(
                "exec",
                with: [
                    "shop/a", "--", "sh", "-c",
                    "cat /data/hello /data/new/file /data/more /safe/word; echo x >/data/new/x",
                ]
            )
            #expect(back.output == "changed\nnew\nmore\nsecret\n", "\(back)")
            let check =
                "import sqlite3; db = sqlite3.connect('\(databases)/rows.db'); print(*db.execute('SELECT count(*) FROM row').fetchone())"
            #expect(try Shell.run("python3 -c \"\(check)\"") == rows)
            try await walk.down("shop")
            #expect(try Shell.run("cat \(files)/site/new/x") == "x\n")
            try await walk.end(agent)
        }
    }
}
