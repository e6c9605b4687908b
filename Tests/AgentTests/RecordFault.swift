// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Something that befalls `agent.db`.
struct RecordFault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Whether what is there afterwards is kept as `agent.db.damaged`.
    let isKept: Bool
    let strike: @Sendable (borrowing RecordsFolder) throws -> Void

    init(
        _ name: String,
        isKept: Bool = true,
        _ strike: @escaping @Sendable (borrowing RecordsFolder) throws -> Void
    ) {
        testDescription = name
        self.isKept = isKept
        self.strike = strike
    }

    private static func sql(_ name: String, isKept: Bool = true, _ text: String) -> RecordFault {
        RecordFault(name, isKept: isKept) { try Shell.run("sqlite3 \($0.database) \"\(text)\"") }
    }

    static let all: [RecordFault] = [
        RecordFault("deleted", isKept: false) { try Shell.run("rm \($0.database)") },
        RecordFault("its folder deleted", isKept: false) { try Shell.run("rm -r \($0.state)") },
        RecordFault("zero bytes") { try Shell.run(": > \($0.database)") },
        RecordFault("cut to half a page") { try Shell.run("truncate -s 2048 \($0.database)") },
        RecordFault("cut to one page") { try Shell.run("truncate -s 4096 \($0.database)") },
        RecordFault("not a database") { try $0.overwrite($0.database, Array(repeating: 0x5a, count: 9000)) },
        RecordFault("a zeroed page") {
            var content = try $0.bytes($0.database)
            content.replaceSubrange(4096..<8192, with: repeatElement(0, count: 4096))
            try $0.overwrite($0.database, content)
        },
        RecordFault("a directory in its place") {
            try Shell.run("rm \($0.database) && mkdir -p \($0.database)/a/b && touch \($0.database)/a/c")
        },
        RecordFault("a link in its place") {
            try Shell.run(
                "mv \($0.database) \($0.path)/elsewhere && ln -s \($0.path)/elsewhere \($0.database)"
            )
        },
        RecordFault("a dangling link") { try Shell.run("ln -sf /nonexistent \($0.database)") },
        RecordFault("a fifo in its place") {
            try Shell.run("rm \($0.database) && mkfifo \($0.database)")
        },
        sql("a newer format", "PRAGMA user_version = 2"),
        sql("another application", "PRAGMA application_id = 7"),
        sql("a foreign table", "CREATE TABLE other (a)"),
        sql("a foreign trigger", "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM record; END"),
        sql("no table", "DROP TABLE record"),
        sql("no rows", isKept: false, "DELETE FROM record"),
        sql("a row of another app", isKept: false, "UPDATE record SET app = 'other' WHERE app = 'shop'"),
        sql("one number as another", isKept: false, "UPDATE record SET number = 77 WHERE number = 2"),
        sql("a row that is not sealed", isKept: false, "INSERT INTO record VALUES ('evil', 1, '{}')"),
        sql("empty content", isKept: false, "UPDATE record SET content = ''"),
        sql("a write-ahead log", isKept: false, "PRAGMA journal_mode = WAL; DELETE FROM record"),
        RecordFault("one bit inside a value", isKept: false) { try $0.flip("pid 4711", in: $0.database) },
        RecordFault("a header that forbids writing, and one bit inside a value") {
            var content = try $0.bytes($0.database)
            content[18] = 3  // "write version", above 2: https://sqlite.org/fileformat.html section 1.3
            try Descriptor.open($0.database, O_WRONLY).write(content)
            try $0.flip("pid 4711", in: $0.database)
        },
        RecordFault("garbage as its journal", isKept: false) {
            try $0.overwrite("\($0.database)-journal", Array(repeating: 0x5a, count: 5000))
        },
        RecordFault("a directory as its journal", isKept: false) {
            try Shell.run("mkdir \($0.database)-journal \($0.database)-wal")
        },
    ]
}
