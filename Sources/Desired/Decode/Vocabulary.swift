// SPDX-License-Identifier: Apache-2.0

/// The keys that a mapping may hold.
struct Vocabulary {
    /// Keys that mean something now.
    let honoured: Set<String>
    /// Keys of the specification, or announced by us, that are refused until they mean something.
    let planned: Set<String>
    /// What to do instead, for planned keys where there is more to say than to remove them.
    private let remedies: [String: String]

    init(_ honoured: Set<String>, planned: Set<String> = [], remedies: [String: String] = [:]) {
        self.honoured = honoured
        self.planned = planned
        self.remedies = remedies
    }

    /// The honoured ones of the specification's keys; the others are planned.
    init(_ honoured: Set<String>, of keys: Keys, remedies: [String: String] = [:]) {
        self.init(honoured, planned: keys.words.subtracting(honoured), remedies: remedies)
    }

    /// What to do about a planned key.
    func remedy(for key: String) -> String {
        remedies[key] ?? "remove the key"
    }

    /// Extension keys that are our own, and so never foreign.
    static let extensions: Set<String> = ["x-martlet", "x-jobs"]

    /// A question that offers the nearest key, if one is near.
    func hint(for key: String) -> String {
        Vocabulary.hint(for: key, among: honoured.union(planned))
    }

    /// A question that offers the nearest of some words, if one is near.
    static func hint(for key: String, among words: Set<String>) -> String {
        let near = words.sorted().lazy
            .map { (word: $0, distance: Vocabulary.distance(key, $0)) }
            .filter { $0.distance <= max(1, $0.word.utf8.count / 3) }
            .min { $0.distance < $1.distance }
        return near.map { "did you mean '\($0.word)'?" } ?? "remove it"
    }

    /// How many letters must be inserted, deleted, replaced or swapped with their neighbour.
    static func distance(_ one: String, _ other: String) -> Int {
        let a = Array(one.lowercased().utf8)
        let b = Array(other.utf8)
        guard abs(a.count - b.count) <= 8 else { return .max }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
