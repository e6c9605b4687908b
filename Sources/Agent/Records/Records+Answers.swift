// SPDX-License-Identifier: Apache-2.0

// What the records say of apps and their generations.

extension Records {
    /// The number for the next generation of an app.
    public func nextNumber(app: String) -> Int { (ledger.entries[app]?.newest ?? 0) + 1 }

    /// The generations of an app that are kept, the newest first.
    public func history(app: String) -> [Generation] {
        (ledger.history[app] ?? [:]).values.sorted { $0.number > $1.number }
    }

    /// All generations that are kept, of all apps.
    public var generations: [Generation] { ledger.history.values.flatMap(\.values) }

    /// What an app goes back to when its generation fails; nil if there is nothing.
    public func fallback(app: String) -> Generation? { ledger.fallback(app) }

    /// How a generation that is kept has fared.
    public func outcome(app: String, number: Int) -> GenerationOutcome { ledger.outcome(app, number) }

    /// The generations of an app that failed and are kept.
    public func failures(app: String) -> [GenerationFailure] { ledger.entries[app]?.failures ?? [] }

    /// One generation that is kept.
    public func generation(app: String, number: Int) -> Generation? { ledger.history[app]?[number] }

    /// What is remembered of an app's jobs, by their names; those that left its file as well.
    func jobs(app: String) -> [String: JobRecord] { ledger.entries[app]?.jobs ?? [:] }
}
