// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// `apps/NAME.json` in the runtime folder: what is current, for the case that the database is lost.
struct RecordMirror {
    let folder: String
    private var marks: [String: FileMark] = [:]

    init(runtime: String) { folder = "\(runtime)/apps" }

    func path(_ app: String) -> String { "\(folder)/\(app).json" }

    /// Reads every copy; one that is damaged is set aside.
    mutating func load() -> (entries: [Ledger.Entry], repairs: [RecordRepair]) {
        var entries: [Ledger.Entry] = []
        var repairs: [RecordRepair] = []
        // A folder that cannot be read has no copies; that it cannot be written is told elsewhere.
        let names = try? Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        for name in (names ?? []).sorted() where name.hasSuffix(".json") && !name.hasPrefix(".") {
            let app = String(name.dropLast(5))
            let mark = FileMark.of(path(app))
            if let entry = read(app) {
                entries.append(entry)
                marks[app] = mark
            } else {
                repairs.append(RecordRepair(path: path(app), fault: "is damaged"))
                // If it cannot be moved it stays in the way, and nobody believes it.
                try? Folders.discard("\(path(app)).damaged")
                _ = rename(path(app), "\(path(app)).damaged")
            }
        }
        return (entries, repairs)
    }

    /// What is wrong with a copy; nil if it is as it was written.
    mutating func fault(_ entry: Ledger.Entry) -> String? {
        let mark = FileMark.of(path(entry.app))
        if let mark, mark == marks[entry.app], !mark.isYoung { return nil }
        marks[entry.app] = mark
        if read(entry.app) == entry { return nil }
        return mark == nil && access(path(entry.app), F_OK) < 0 ? "is gone" : "is damaged"
    }

    mutating func write(_ entry: Ledger.Entry) throws {
        marks[entry.app] = nil
        try makeFolder()
        if FileMark.of(path(entry.app)) == nil { try Folders.discard(path(entry.app)) }
        Failpoint.copyDue.reach()
        try Folders.replace("\(entry.app).json", in: folder, with: try Seal.close(entry))
        Failpoint.copyWritten.reach()
        marks[entry.app] = FileMark.of(path(entry.app))
    }

    mutating func remove(_ app: String) throws {
        marks[app] = nil
        try Folders.discard(path(app))
        Failpoint.copyRemoved.reach()
    }

    func makeFolder() throws {
        var status = stat()
        if lstat(folder, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return }
            try Folders.discard(folder)
        }
        _ = try Folders.make(folder)
    }

    private func read(_ app: String) -> Ledger.Entry? {
        // Whatever the reason, a copy that cannot be read is one that must be written anew.
        guard let bytes = try? Folders.read(path(app), limit: Seal.maximumBytes),
            let entry = Seal.open(Ledger.Entry.self, bytes), entry.isSound, entry.app == app
        else { return nil }
        return entry
    }
}
