// SPDX-License-Identifier: Apache-2.0

/// What is remembered of one app, for a place that outlives the node.
struct SavedApp: Codable, Equatable, Sendable {
    let entry: Ledger.Entry
    let generations: [Generation]

    var app: String { entry.app }

    /// Whether it can be ours.
    var isSound: Bool {
        entry.isSound && generations.allSatisfy { $0.app == app && Ledger.numbers ~= $0.number }
    }
}

extension Ledger {
    /// All that is remembered, an app at a time.
    var saved: [SavedApp] {
        entries.values.sorted { $0.app < $1.app }.map { entry in
            SavedApp(
                entry: entry,
                generations: (history[entry.app] ?? [:]).values.sorted { $0.number < $1.number }
            )
        }
    }

    /// With an app that is not known here.
    func adopting(_ saved: SavedApp) -> Ledger {
        Ledger(
            kept: kept,
            entries: entries.values + [saved.entry],
            generations: history.values.flatMap(\.values) + saved.generations
        )
    }
}

extension Records {
    /// What would bring every app back elsewhere.
    var saved: [SavedApp] { ledger.saved }

    /// By which it shows that something changed: each app with the number of its last change.
    var revisions: [String: Int] { ledger.entries.mapValues(\.revision) }
}
