// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

@testable internal import Logs

/// A folder for one test, gone with it.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-logs-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        path = String(cString: made)
    }

    deinit { remove(path) }

    private func remove(_ path: String) {
        guard let listing = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(listing)
        rmdir(path)
    }
}

/// A spool on the bench: batches by hand, and everything read back.
struct SpoolBench {
    let folder: ScratchFolder
    var spool: Spool
    let encoder = BlockEncoder(capacity: 3 << 20)

    init(
        _ limits: SpoolLimits = SpoolLimits(),
        _ policy: SpoolPolicy = .dropOldest,
        pool: SpoolPool? = nil
    ) throws {
        folder = try ScratchFolder()
        spool = try Spool("\(folder.path)/spool", limits: limits, policy: policy, pool: pool)
    }

    var path: String { spool.path }

    func append(_ text: String, _ stream: LogStream = .stdout, time: UInt64 = 1, ends: Bool = false) throws {
        try append(Array(text.utf8), stream, time: time, ends: ends)
    }

    func append(_ bytes: [UInt8], _ stream: LogStream = .stdout, time: UInt64 = 1, ends: Bool = false) throws
    {
        try bytes.withUnsafeBytes {
            try spool.append($0, from: stream, time: time, ends: ends, with: encoder)
        }
    }

    func events(_ query: LogQuery = LogQuery()) throws -> [LogEvent] { try Self.events(path, query) }

    static func events(_ path: String, _ query: LogQuery = LogQuery()) throws -> [LogEvent] {
        var reader = try LogReader(path, query)
        var events: [LogEvent] = []
        while let event = try reader.next() { events.append(event) }
        return events
    }

    func lines(_ query: LogQuery = LogQuery()) throws -> [LogLine] { try events(query).compactMap(\.line) }

    /// The text of all lines of a stream.
    func text(_ stream: LogStream = .stdout, _ query: LogQuery = LogQuery()) throws -> [String] {
        try lines(query).filter { $0.stream == stream }.map(\.text)
    }

    /// The bytes of a segment's file; the last by default.
    func file(_ index: Int? = nil) throws -> (path: String, bytes: [UInt8]) {
        let segments = try SpoolFolder(opening: path).segments()
        let name = "\(path)/\(SpoolFolder.name(of: segments[index ?? segments.count - 1]))"
        return (name, try Descriptor.open(name, O_RDONLY).readAll(limit: 1 << 30))
    }
}

func store(_ bytes: [UInt8], in path: String) throws {
    try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(bytes)
}

extension LogEvent {
    var line: LogLine? { if case .line(let line) = self { line } else { nil } }
    var gap: LogGap? { if case .gap(let gap) = self { gap } else { nil } }
}

extension LogLine {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The same numbers in every run.
struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        // splitmix64
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
