// SPDX-License-Identifier: Apache-2.0
public import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux

/// What was done on the node and by whom: a chain of records, each of which vouches for all before it.
///
/// A node whose audit cannot be written goes on, and says so: a full disk must not keep anyone from mending it.
public actor Audit {
    /// What there is to record.
    public struct Entry: Sendable {
        /// By whom.
        public var caller: String
        /// What was asked.
        public var action: String
        /// What it was about.
        public var subject: String
        /// `accepted`, `refused` or `failed`.
        public var result: String
        /// Why; may be empty.
        public var reason: String
        /// Of what was brought.
        public var digest: String?
        /// Nobody knows who it was: there are only so many records of such.
        public var isStranger: Bool

        /// An entry.
        public init(
            caller: String,
            action: String,
            subject: String,
            result: String,
            reason: String = "",
            digest: String? = nil,
            isStranger: Bool = false
        ) {
            self.caller = caller
            self.action = action
            self.subject = subject
            self.result = result
            self.reason = reason
            self.digest = digest
            self.isStranger = isStranger
        }
    }

    /// So many records are told at most.
    public static let maximumAnswer = 10_000
    /// A longer word of a caller's is cut.
    private static let maximumText = 2_048
    /// What is refused takes less.
    private static let maximumRefusal = 256
    /// So many callers have an allowance of their own; those who come later share one.
    private static let maximumCallers = 1_000

    private let executor = BlockingExecutor("audit")
    private let files: AuditFiles
    private let events: EventLog
    private var head: AuditFiles.Head?
    /// By caller; strangers have the one without a name.
    private var refusals: [String: StrangerAllowance] = [:]
    /// Why it cannot be written; nil if it can.
    public private(set) var fault: String?

    /// Runs on a queue of its own.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(folder: String, events: EventLog) {
        files = AuditFiles(folder: folder)
        self.events = events
    }

    /// Puts an entry on record.
    public func append(_ entry: Entry) {
        var entry = entry
        if entry.isStranger || entry.result == "refused" {
            // Whoever calls from many processes is one caller.
            let name = entry.caller.firstRange(of: " pid ").map { entry.caller[..<$0.lowerBound] }
            let caller = entry.isStranger ? "" : String(name ?? entry.caller[...])
            let isKnown = refusals[caller] != nil || refusals.count < Self.maximumCallers
            guard let others = refusals[isKnown ? caller : "", default: StrangerAllowance()].take() else {
                return
            }
            entry.subject = Self.cut(entry.subject, to: Self.maximumRefusal)
            entry.reason = Self.cut(entry.reason, to: Self.maximumRefusal)
            if others > 0 { entry.reason += ", after \(others) more that are not on record" }
        }
        do {
            try write(entry)
            fault = nil
        } catch {
            let what = "the audit cannot be written: \(error)"
            if fault != what { events.append(.failed, app: nil, what) }
            fault = what
        }
    }

    private func write(_ entry: Entry) throws {
        var head = try self.head ?? open()
        self.head = nil  // until what is on the disk is known again
        try files.rotate(&head)
        let record = AuditRecord(
            seq: head.last.seq + 1,
            time: Timestamp.text(Timestamp.now()),
            caller: Self.cut(entry.caller),
            action: entry.action,
            subject: Self.cut(entry.subject),
            result: entry.result,
            reason: Self.cut(entry.reason),
            digest: entry.digest
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try files.append(head.last.line(Array(try encoder.encode(record))))
        try files.write(head)
        self.head = head
    }

    /// Removes what an agent before us had begun to write when it was killed.
    func tidy() throws {
        guard access(files.folder, F_OK) == 0 else { return }
        try Folders.discardReplacements(in: files.folder)
    }

    /// Goes on where the last agent ended: it may have died between a line and the head that tells of it.
    private func open() throws -> AuditFiles.Head {
        _ = try Folders.make(files.folder)
        try files.cutTorn()
        var head = try files.head() ?? AuditFiles.Head()
        for age in 0...1 {
            guard let line = try files.lines(age).last.flatMap(AuditChain.json),
                let seq = try? AuditLine(json: line.json).seq
            else { continue }
            if seq > head.last.seq { head.last = AuditChain(seq: seq, hash: line.hash) }
            break
        }
        return head
    }

    private static func cut(_ text: String, to count: Int = maximumText) -> String {
        text.utf8.count <= count
            ? text : String(decoding: Array(text.utf8.prefix(count)), as: UTF8.self)
    }

    // MARK: Reading

    /// The last so many records, oldest first.
    public func records(last count: Int) throws -> AsyncStream<AuditRecord> {
        var found: [AuditRecord] = []
        let wanted = min(count, Self.maximumAnswer)
        for age in 0...AuditFiles.older where found.count < wanted {
            let lines = try files.lines(age).suffix(wanted - found.count)
            // One that was damaged is for the verdict to tell.
            found.insert(
                contentsOf: lines.compactMap { line in
                    AuditChain.json(of: line).flatMap {
                        try? JSONDecoder().decode(AuditRecord.self, from: Data($0.json))
                    }
                },
                at: 0
            )
        }
        let records = found
        return AsyncStream { continuation in
            for record in records { continuation.yield(record) }
            continuation.finish()
        }
    }

    /// Whether every record is there as it was written.
    public func verdict() throws -> AuditVerdict {
        let head: AuditFiles.Head
        do { head = try files.head() ?? AuditFiles.Head() } catch let error as AgentError {
            return AuditVerdict(first: 0, last: 0, fault: "\(error)")
        }
        var chain = head.before
        var isFirst = true
        var fault: String?
        var endOfHead = chain.seq == head.last.seq ? chain.hash : nil
        scan: for age in stride(from: AuditFiles.older, through: 0, by: -1) {
            for line in try files.lines(age) {
                guard let (hash, json) = AuditChain.json(of: line), let seq = try? AuditLine(json: json).seq,
                    // Older ones than `head` tells of are left by a crash: none vouches for the first of them.
                    isFirst && seq <= head.before.seq
                        || seq == chain.seq + 1 && hash == AuditChain.hash(after: chain.hash, json),
                    seq != head.before.seq || hash == head.before.hash
                else {
                    fault = "record \(chain.seq + 1) is not as it was written, or is missing"
                    break scan
                }
                chain = AuditChain(seq: seq, hash: hash)
                isFirst = false
                if seq == head.last.seq { endOfHead = hash }
            }
        }
        if fault == nil, endOfHead != head.last.hash {
            fault =
                chain.seq < head.last.seq
                ? "records \(chain.seq + 1) to \(head.last.seq) are missing"
                : "record \(head.last.seq) was altered"
        }
        let isEmpty = chain.seq == head.before.seq
        return AuditVerdict(
            first: isEmpty ? 0 : head.before.seq + 1,
            last: isEmpty ? 0 : chain.seq,
            fault: fault
        )
    }
}

/// What every line has, whoever wrote it.
struct AuditLine: Decodable {
    let seq: Int

    init(json: [UInt8]) throws { self = try JSONDecoder().decode(AuditLine.self, from: Data(json)) }
}
