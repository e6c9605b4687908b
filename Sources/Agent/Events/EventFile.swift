// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Dispatch
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Synchronization

/// Events on disk, a line of JSON each, so that the next agent remembers them: `log`, and `log.1` before it.
///
/// They are written in the order in which they come, some time after; what cannot be written is not remembered beyond
/// this agent, and counted.
final class EventFile: Sendable {
    /// A file that has grown so large makes room.
    private static let maximumFile = 2 << 20

    private let folder: String
    private let queue = DispatchQueue(label: "events")
    private let failed = Atomic<Int>(0)

    init(folder: String) { self.folder = folder }

    /// How many could not be written.
    var lost: Int { failed.load(ordering: .relaxed) }

    /// What agents before have left, oldest first, at most the last `count`; blocks.
    func remembered(_ count: Int) -> [EventRecord] {
        var records: [EventRecord] = []
        for name in ["log.1", "log"] {
            // What is not there, or was torn by a crash, is not remembered.
            guard let bytes = try? Folders.read("\(folder)/\(name)", limit: 2 * Self.maximumFile) else {
                continue
            }
            records += bytes.split(separator: UInt8(ascii: "\n")).suffix(count).compactMap {
                try? JSONDecoder().decode(EventRecord.self, from: Data($0))
            }
        }
        return records.suffix(count)
    }

    /// Puts events before all that are here, if nothing is in their place; blocks.
    func begin(with records: [EventRecord]) throws {
        try queue.sync {
            guard access("\(folder)/log.1", F_OK) < 0 else { return }
            let lines = try records.flatMap { try Self.line($0) }
            try Folders.replace("log.1", in: Folders.make(folder), with: lines)
        }
    }

    private static func line(_ record: EventRecord) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]
    }

    /// Has an event written.
    func append(_ record: EventRecord) {
        queue.async { [self] in
            do { try write(record) } catch { failed.add(1, ordering: .relaxed) }
        }
    }

    /// Waits until all that came before is written; blocks.
    func settle() { queue.sync {} }

    private func write(_ record: EventRecord) throws {
        let line = try Self.line(record)
        let path = "\(try Folders.make(folder))/log"
        var status = stat()
        if stat(path, &status) == 0, status.st_size >= Self.maximumFile {
            try check("rename", path, rename(path, "\(path).1"))
        }
        try Descriptor.open(path, O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW, mode: 0o600).write(line)
    }
}
