// SPDX-License-Identifier: Apache-2.0
public import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux

/// What was done on the node and by whom: a chain of records, each of which vouches for all before it.
///
/// A node whose audit cannot be written goes on, and says so: a full disk must not keep anyone from mending it.
public actor Audit {
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
    /// There are lines that `head` on the disk does not tell of.
    private var isHeadDue = false
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

    /// Puts what was done on record, with a number and a time of its own.
    ///
    /// There are only so many records of what is refused, and of strangers: those of whom nobody knows who they were.
    public func append(_ record: AuditRecord, isStranger: Bool = false) {
        var record = record
        if isStranger || record.result == "refused" {
            // Whoever calls from many processes is one caller.
            let name = record.caller.firstRange(of: " pid ").map { record.caller[..<$0.lowerBound] }
            let caller = isStranger ? "" : String(name ?? record.caller[...])
            let isKnown = refusals[caller] != nil || refusals.count < Self.maximumCallers
            guard let others = refusals[isKnown ? caller : "", default: StrangerAllowance()].take() else {
                return
            }
            record.subject = Self.cut(record.subject, to: Self.maximumRefusal)
            record.reason = Self.cut(record.reason, to: Self.maximumRefusal)
            if others > 0 { record.reason += ", after \(others) more that are not on record" }
        }
        do {
            try write(record)
        } catch {
            note(error)
        }
    }

    private func note(_ error: any Error) {
        let what = "the audit cannot be written: \(error)"
        if fault != what { events.append(.failed, app: nil, what) }
        fault = what
    }

    private func write(_ wanted: AuditRecord) throws {
        var head = try self.head ?? open()
        self.head = nil  // until what is on the disk is known again
        try files.rotate(&head)
        var record = wanted
        record.seq = head.last.seq + 1
        record.time = Timestamp.text(Timestamp.now())
        record.caller = Self.cut(wanted.caller)
        record.subject = Self.cut(wanted.subject)
        record.reason = Self.cut(wanted.reason)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try files.append(head.last.line(Array(try encoder.encode(record))))
        self.head = head
        guard !isHeadDue else { return }
        isHeadDue = true
        // The line is on the disk, and vouches for itself: who asked need not wait for what tells of it.
        Task { settle() }
    }

    /// Writes `head` if there are lines that it does not tell of.
    func settle() {
        guard isHeadDue else { return }
        isHeadDue = false
        guard let head else { return }
        do {
            try files.write(head)
            fault = nil
        } catch {
            self.head = nil  // until what is on the disk is known again
            note(error)
        }
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
        settle()
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
