// SPDX-License-Identifier: Apache-2.0

/// What is remembered of every app, and the rules by which it changes.
struct Ledger: Equatable, Sendable {
    /// What is current in one app.
    struct Entry: Codable, Equatable, Sendable {
        /// Rises with every change: of two copies the one with the higher is the newer.
        var revision: Int
        /// The highest number that was ever accepted.
        var newest: Int
        /// The generation that was current before: what a rollout that fails goes back to.
        var previous: Int?
        var record: AppRecord

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

    /// Makes a generation the current one of its app: the next, or one that was accepted before.
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
        let entry = Entry(
            revision: (before?.revision ?? 0) + 1,
            newest: max(newest, number),
            previous: before.flatMap {
                let current = $0.record.generation.number
                return current == number ? $0.previous : current
            },
            record: AppRecord(generation: generation, stopped: before?.record.stopped ?? [])
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
        let newest = known.keys.sorted(by: >).prefix(kept)
        history[app] = known.filter {
            newest.contains($0.key) || [current.number, entry.previous].contains($0.key)
        }
        entry.newest = max(entry.newest, newest.first ?? 0)
        entries[app] = entry
    }
}
