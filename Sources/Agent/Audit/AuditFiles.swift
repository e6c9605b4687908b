// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The files of the audit: `log`, the older `log.1` and so on, and `head`, which says where the chain begins and ends.
///
/// A file that is full makes room by going on as an older one; the oldest goes, and `head` says so.
struct AuditFiles: Sendable {
    /// Where the kept chain begins and ends.
    struct Head: Equatable, Sendable {
        /// The line before the first that is kept.
        var before = AuditChain()
        /// The last line.
        var last = AuditChain()

        /// `SEQ HASH SEQ HASH`.
        var text: String { "\(before.seq) \(before.hash) \(last.seq) \(last.hash)\n" }

        init() {}

        init?(_ text: String) {
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
            guard words.count == 4, let from = Int(words[0]), let to = Int(words[2]), words[1].count == 64,
                words[3].count == 64
            else { return nil }
            (before, last) = (AuditChain(seq: from, hash: words[1]), AuditChain(seq: to, hash: words[3]))
        }
    }

    /// A file that has grown so large makes room.
    static let maximumFile = 4 << 20
    /// So many older ones are kept.
    static let older = 7

    let folder: String
    var log: String { "\(folder)/log" }

    func file(_ age: Int) -> String { age == 0 ? log : "\(log).\(age)" }

    /// What `head` says; nil if there is none.
    ///
    /// Throws `AgentError` if it says nothing that can be read.
    func head() throws -> Head? {
        let bytes: [UInt8]
        do throws(LinuxError) { bytes = try Folders.read("\(folder)/head", limit: 4_096) } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
        guard let head = Head(String(decoding: bytes, as: UTF8.self)) else {
            throw AgentError(
                "read",
                "\(folder)/head",
                "is damaged: move the folder away to begin another one"
            )
        }
        return head
    }

    /// Writes `head`, which is on the disk afterwards.
    func write(_ head: Head) throws {
        try Folders.replace("head", in: folder, with: Array(head.text.utf8), durable: true)
    }

    /// The lines of a file, oldest first; none if it is not there.
    func lines(_ age: Int) throws -> [ArraySlice<UInt8>] {
        do throws(LinuxError) {
            let bytes = try Folders.read(file(age), limit: 2 * Self.maximumFile)
            return bytes.split(separator: UInt8(ascii: "\n"))
        } catch {
            guard error.errno == ENOENT else { throw error }
            return []
        }
    }

    /// Appends a line, which is on the disk afterwards.
    func append(_ line: [UInt8]) throws {
        let file = try Descriptor.open(log, O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW, mode: 0o600)
        try file.write(line)
        try check("fdatasync", log, fdatasync(file.number))
    }

    /// Cuts off what a crash left of a line.
    func cutTorn() throws {
        do throws(LinuxError) {
            let bytes = try Folders.read(log, limit: 2 * Self.maximumFile)
            guard let last = bytes.last, last != UInt8(ascii: "\n") else { return }
            let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            try check("truncate", log, truncate(log, off_t(whole)))
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
    }

    /// Makes room if the file is full.
    ///
    /// If the oldest has to go, `head` says so before: a crash leaves more than it tells of, and never less.
    func rotate(_ head: inout Head) throws {
        var status = stat()
        guard stat(log, &status) == 0, status.st_size >= Self.maximumFile else { return }
        // A crash may have left a gap: it is filled, and nothing goes.
        let gap = (1...Self.older).first { access(file($0), F_OK) != 0 }
        if gap == nil, let gone = try lines(Self.older).last.flatMap(AuditChain.json) {
            head.before = AuditChain(seq: try AuditLine(json: gone.json).seq, hash: gone.hash)
            try write(head)
        }
        for age in stride(from: (gap ?? Self.older) - 1, through: 0, by: -1) {
            try check("rename", file(age), rename(file(age), file(age + 1)))
        }
        try Folders.sync(folder)
    }
}
