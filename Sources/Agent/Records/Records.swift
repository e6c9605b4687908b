// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The agent's memory of accepted desired states.
///
/// While the agent lives, memory is the truth. Two copies outlive it, and either alone is enough:
/// `agent.db` in the state folder has every app with its history, `apps/NAME.json` in the runtime folder what
/// is current. A copy that is damaged or gone is written anew.
public actor Records {
    private let executor = BlockingExecutor("martlet.records")
    /// A queue of its own: every method may block.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private(set) var ledger: Ledger
    private var database: RecordDatabase
    private var mirror: RecordMirror
    private var databaseFault: AgentError?
    private var mirrorFaults: [String: AgentError] = [:]
    private var repairs: [RecordRepair] = []

    /// Opens both copies and brings them to the newer of what they hold.
    ///
    /// A copy that is damaged or cannot be written is no error but a repair or a condition; only when neither
    /// can be written does it throw.
    public static func open(
        state: String,
        runtime: String,
        keepGenerations: Int = 5
    ) async throws(AgentError) -> Records {
        let records = Records(state: state, runtime: runtime, kept: keepGenerations)
        try await records.load()
        return records
    }

    private init(state: String, runtime: String, kept: Int) {
        ledger = Ledger(kept: max(1, kept))
        database = RecordDatabase(state: state, kept: max(1, kept))
        mirror = RecordMirror(runtime: runtime)
    }

    /// What is current, by app.
    public var apps: [String: AppRecord] { ledger.entries.mapValues(\.record) }

    /// Why a copy cannot be written at present; empty when all is well.
    public var conditions: [AgentError] {
        (databaseFault.map { [$0] } ?? []) + mirrorFaults.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Makes a generation the one that its app is on its way to: a new one, or one that was accepted before.
    ///
    /// What was stopped by hand stays so. Throws, and changes nothing, for a number that is taken and when
    /// neither copy could be written.
    public func accept(_ generation: Generation) throws(AgentError) {
        var next = ledger
        try next.accept(generation)
        try commit(next, generation.app)
    }

    /// Sets which instances, as `SERVICE/INDEX`, a user has stopped by hand.
    public func setStopped(app: String, names: Set<String>) throws(AgentError) {
        var next = ledger
        try next.setStopped(names, app: app)
        try commit(next, app)
    }

    /// Changes what is remembered of a job, in one step: no other change comes between its reading and its writing.
    ///
    /// One that nothing is known of begins now. What `change` leaves as it was is not written.
    func editJob<Answer: Sendable>(
        app: String,
        name: String,
        _ change: @Sendable (inout JobRecord) throws -> Answer
    ) throws -> Answer {
        let known = ledger.entries[app]?.jobs?[name] ?? JobRecord(now: Node.second())
        var job = known
        let answer = try change(&job)
        guard job != known else { return answer }
        var next = ledger
        try next.setJob(job, name, app: app)
        try commit(next, app)
        return answer
    }

    /// The whole app is where its generation wants it: what a later one that fails goes back to.
    public func confirm(app: String) throws(AgentError) {
        guard ledger.entries[app]?.record.stage != .current else { return }
        var next = ledger
        try next.confirm(app)
        try commit(next, app)
    }

    /// The app is to be taken down; one that is not known is as good.
    public func leave(app: String) throws(AgentError) {
        guard let stage = ledger.entries[app]?.record.stage, stage != .leaving else { return }
        var next = ledger
        try next.leave(app)
        try commit(next, app)
    }

    /// The app stays where it is, short of its generation.
    public func fail(app: String, reason: String) throws(AgentError) {
        var next = ledger
        try next.fail(app, reason)
        try commit(next, app)
    }

    /// Gives up the generation that the app is on its way to: the one before is its generation again.
    ///
    /// Throws if there is none.
    public func giveUp(app: String, reason: String) throws(AgentError) {
        var next = ledger
        try next.giveUp(app, reason)
        try commit(next, app)
    }

    /// Forgets an app with its history; one that is not known is as good.
    public func remove(app: String) throws(AgentError) {
        guard ledger.entries[app] != nil else { return }
        var next = ledger
        next.remove(app)
        try commit(next, app)
    }

    /// Takes over what is remembered of apps elsewhere; one that is known here stays as it is.
    ///
    /// - Returns: Those that were not known.
    func adopt(_ saved: [SavedApp]) throws(AgentError) -> [String] {
        var adopted: [String] = []
        for saved in saved where saved.isSound && ledger.entries[saved.app] == nil {
            try commit(ledger.adopting(saved), saved.app)
            adopted.append(saved.app)
        }
        return adopted
    }

    /// Looks whether both copies are as we left them and writes anew what is not; what was repaired since the
    /// last time.
    ///
    /// Costs one stat(2) a file while nothing has changed.
    public func verify() -> [RecordRepair] {
        if !database.isSettled { settle(database.load()) }
        prepareMirror()
        for entry in ledger.entries.values.sorted(by: { $0.app < $1.app }) {
            guard let fault = mirror.fault(entry) else { continue }
            if copy(entry.app) { repairs.append(RecordRepair(path: mirror.path(entry.app), fault: fault)) }
        }
        defer { repairs = [] }
        return repairs
    }

    private func load() throws(AgentError) {
        let found = database.load()
        switch found {
        case .absent: break
        case .damaged(_, let salvaged): ledger = salvaged
        case .intact(let whole, _): ledger = whole
        }
        prepareMirror()
        let (copies, repaired) = mirror.load()
        repairs = repaired
        ledger = ledger.merged(with: copies)
        settle(found)
        for entry in ledger.entries.values where !copies.contains(entry) { copy(entry.app) }
        if let databaseFault, !mirrorFaults.isEmpty { throw databaseFault }
    }

    /// Brings the database to what is in memory.
    private func settle(_ found: RecordDatabase.Found) {
        do {
            switch found {
            case .intact(let whole, damagedRows: 0) where whole == ledger: break
            case .intact(_, let damaged):
                do {
                    try database.fill(ledger)
                } catch {
                    try database.rebuild(ledger)  // a bit in the header can forbid writing
                }
                note(damaged > 0 ? "has \(damaged) damaged rows" : "is not what was written last")
            case .damaged(let fault, _):
                try database.rebuild(ledger)
                note(fault)
            case .absent:
                try database.rebuild(ledger)
                if !ledger.entries.isEmpty { note("is gone") }
            }
            databaseFault = nil
        } catch {
            databaseFault = fault(database.path, error)
        }
    }

    private func prepareMirror() {
        do {
            try mirror.makeFolder()
            mirrorFaults[""] = nil
        } catch {
            mirrorFaults[""] = fault(mirror.folder, error)
        }
    }

    private func note(_ fault: String) { repairs.append(RecordRepair(path: database.path, fault: fault)) }

    /// The database comes first, and the copy in the runtime folder may be older after a crash between them.
    private func commit(_ next: Ledger, _ app: String) throws(AgentError) {
        if !database.isOurs { settle(database.load()) }
        let before = ledger
        ledger = next
        Failpoint.commitDue.reach()
        let isStored = store(app)
        Failpoint.commitStored.reach()
        let isCopied = copy(app)
        Failpoint.commitCopied.reach()
        guard isStored || isCopied else {
            ledger = before
            throw databaseFault ?? AgentError("write", database.path, "neither copy can be written")
        }
    }

    private func store(_ app: String) -> Bool {
        guard database.isOurs else { return false }
        do {
            try database.write(app, of: ledger)
            databaseFault = nil
        } catch {
            databaseFault = fault(database.path, error)
        }
        return databaseFault == nil
    }

    @discardableResult
    private func copy(_ app: String) -> Bool {
        do {
            if let entry = ledger.entries[app] { try mirror.write(entry) } else { try mirror.remove(app) }
            mirrorFaults[app] = nil
        } catch {
            mirrorFaults[app] = fault(mirror.path(app), error)
        }
        return mirrorFaults[app] == nil
    }

    private func fault(_ path: String, _ error: any Error) -> AgentError {
        AgentError(
            "write",
            path,
            "\(RecordDatabase.cause(error)): free space or make the folder writable; it is tried again"
        )
    }
}
