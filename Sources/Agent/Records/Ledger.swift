// SPDX-License-Identifier: Apache-2.0

/// What is remembered of every app, and the rules by which it changes.
struct Ledger: Equatable, Sendable {
    /// What is current in one app.
    struct Entry: Codable, Equatable, Sendable {
        /// Rises with every change: of two copies the one with the higher is the newer.
        var revision: Int
        /// The highest number that was ever accepted.
        var newest: Int
        /// The last generation before this one that was current: what a rollout that fails goes back to.
        var previous: Int?
        /// Which of the generations that are kept failed, and why; nil if none did.
        var failures: [GenerationFailure]?
        var record: AppRecord
        /// What is remembered of its jobs, by their names; nil if it never had one.
        var jobs: [String: JobRecord]?

        var app: String { record.generation.app }

        /// Whether it can be ours: names become file names, and numbers are counted on.
        var isSound: Bool {
            Ledger.isName(app) && Ledger.numbers ~= record.generation.number
                && record.generation.number <= newest && Ledger.numbers ~= newest
                && 0...Ledger.numbers.upperBound ~= revision
        }
    }

    static let numbers = 1...1 << 53

    /// How many of the newest generations of an app are kept beside its current and its previous one.
    let kept: Int
    private(set) var entries: [String: Entry] = [:]
    /// The generations of each app by number, the current one among them.
    private(set) var history: [String: [Int: Generation]] = [:]

    /// `[a-z0-9_-]+`, at most 63 characters.
    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 == 0x2d
            }
    }

    /// What is left of a database and of the copies in the runtime folder; the newer of two entries wins.
    ///
    /// An app of which only generations are left continues with the highest.
    init(kept: Int, entries found: [Entry] = [], generations: [Generation] = []) {
        self.kept = kept
        for generation in generations {
            history[generation.app, default: [:]][generation.number] = generation
        }
        for entry in found where (entries[entry.app]?.revision ?? -1) < entry.revision {
            entries[entry.app] = entry
        }
        for (app, known) in history where entries[app] == nil {
            guard let last = known.values.max(by: { $0.number < $1.number }) else { continue }
            entries[app] = Entry(revision: 0, newest: last.number, record: AppRecord(generation: last))
        }
        for app in entries.keys { settle(app) }
    }

    /// Adds copies of entries, which may be newer or older.
    func merged(with copies: [Entry]) -> Ledger {
        Ledger(
            kept: kept,
            entries: Array(entries.values) + copies,
            generations: history.values.flatMap(\.values)
        )
    }

    /// Makes a generation the one that its app is on its way to: the next, or one that was accepted before.
    mutating func accept(_ generation: Generation) throws(AgentError) {
        let app = generation.app, number = generation.number
        guard Self.isName(app) else {
            throw AgentError("accept", app, "not the name of an app: use a-z, 0-9, '_' and '-'")
        }
        let before = entries[app]
        let newest = before?.newest ?? 0
        let isNext = number > newest && Self.numbers ~= number
        guard isNext || history[app]?[number]?.digest == generation.digest else {
            throw AgentError(
                "accept",
                "\(app) generation \(number)",
                "the number is taken or out of range: the next one is \(newest + 1)"
            )
        }
        // Who brings it, or until when it holds, is no way to go.
        let isThere =
            before.map {
                $0.record.generation.number == number && $0.record.generation.images == generation.images
                    && $0.record.stage == .current
            } ?? false
        let entry = Entry(
            revision: (before?.revision ?? 0) + 1,
            newest: max(newest, number),
            previous: before.flatMap {
                let current = $0.record.generation.number
                let previous = current == number || $0.record.stage != .current ? $0.previous : current
                return previous == number ? nil : previous  // none goes back to itself
            },
            failures: before?.failures,
            record: AppRecord(
                generation: generation,
                stopped: before?.record.stopped ?? [],
                stage: isThere ? .current : .rolling
            ),
            jobs: before?.jobs
        )
        guard let bytes = try? Seal.close(entry), bytes.count <= Seal.maximumBytes else {
            throw AgentError("accept", app, "its record is larger than 16 MiB: split the app")
        }
        entries[app] = entry
        settle(app)
    }

    /// Sets which instances a user has stopped by hand.
    mutating func setStopped(_ names: Set<String>, app: String) throws(AgentError) {
        guard var entry = entries[app] else { throw AgentError("stop", app, "there is no such app") }
        entry.record.stopped = names
        entry.revision += 1
        entries[app] = entry
    }

    /// Sets what is remembered of a job.
    mutating func setJob(_ job: JobRecord, _ name: String, app: String) throws(AgentError) {
        var entry = try entry(of: app, for: "run job")
        entry.jobs = (entry.jobs ?? [:]).merging([name: job]) { $1 }
        store(entry)
    }

    /// The whole app is where its generation wants it.
    mutating func confirm(_ app: String) throws(AgentError) {
        var entry = try entry(of: app, for: "confirm")
        entry.record.stage = .current
        entry.failures = entry.failures?.filter { $0.number != entry.record.generation.number }
        store(entry)
    }

    /// The app is to be taken down.
    mutating func leave(_ app: String) throws(AgentError) {
        var entry = try entry(of: app, for: "down")
        entry.record.stage = .leaving
        store(entry)
    }

    /// The app stays where it is, short of its generation.
    mutating func fail(_ app: String, _ reason: String) throws(AgentError) {
        var entry = try entry(of: app, for: "fail")
        entry.record.stage = .failed
        entry.note(
            GenerationFailure(number: entry.record.generation.number, reason: reason, isReturned: false)
        )
        store(entry)
    }

    /// The generation that the app was on its way to is given up: the one before is its generation again.
    ///
    /// It has been current, so it is at once.
    mutating func giveUp(_ app: String, _ reason: String) throws(AgentError) {
        var entry = try entry(of: app, for: "roll back")
        guard let previous = fallback(app) else {
            throw AgentError("roll back", app, "no generation before this one is on record")
        }
        entry.note(
            GenerationFailure(number: entry.record.generation.number, reason: reason, isReturned: true)
        )
        entry.record.generation = previous
        entry.record.stage = .current
        entry.previous = nil
        store(entry)
    }

    /// What an app goes back to when its generation fails; nil if there is nothing.
    func fallback(_ app: String) -> Generation? {
        entries[app]?.previous.flatMap { history[app]?[$0] }
    }

    /// How a generation that is kept has fared.
    func outcome(_ app: String, _ number: Int) -> GenerationOutcome {
        let entry = entries[app]
        let failure = entry?.failures?.first { $0.number == number }
        if entry?.record.generation.number == number {
            switch entry?.record.stage {
            case .rolling: return .rolling
            case .failed: return .failed
            case .current, .leaving, nil: return .current
            }
        }
        return failure.map { $0.isReturned ? .rolledBack : .failed } ?? .superseded
    }

    private func entry(of app: String, for operation: String) throws(AgentError) -> Entry {
        guard let entry = entries[app] else { throw AgentError(operation, app, "there is no such app") }
        return entry
    }

    private mutating func store(_ entry: Entry) {
        var entry = entry
        entry.revision += 1
        entries[entry.app] = entry
        settle(entry.app)
    }

    mutating func remove(_ app: String) {
        entries[app] = nil
        history[app] = nil
    }

    /// The current generation is in the history, and nothing that need not be kept.
    private mutating func settle(_ app: String) {
        guard var entry = entries[app] else { return }
        let current = entry.record.generation
        var known = history[app] ?? [:]
        known[current.number] = current
        let newest = known.keys.sorted(by: >).prefix(current.keep ?? kept)
        history[app] = known.filter {
            newest.contains($0.key) || [current.number, entry.previous].contains($0.key)
        }
        entry.failures = entry.failures?.filter { history[app]?[$0.number] != nil }
        if entry.failures?.isEmpty == true { entry.failures = nil }
        entry.newest = max(entry.newest, newest.first ?? 0)
        entries[app] = entry
    }
}

extension Ledger.Entry {
    /// A reason is for people; what it quotes may be long.
    private static let longestReason = 1_000

    fileprivate mutating func note(_ failure: GenerationFailure) {
        let short = GenerationFailure(
            number: failure.number,
            reason: String(failure.reason.prefix(Self.longestReason)),
            isReturned: failure.isReturned
        )
        failures = (failures ?? []).filter { $0.number != failure.number } + [short]
    }
}
