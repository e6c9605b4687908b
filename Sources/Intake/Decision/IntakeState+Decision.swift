// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// What a node is to do so that it has what its sources say.
struct Decision {
    /// Apps to make, in order, each for a source.
    var apply: [(app: SourcedApp, source: String)] = []
    /// Apps to take down, each of a source.
    var prune: [(app: String, source: String)] = []
    /// What sources may not say, by source and app.
    var conflicts: [String: [String: String]] = [:]
}

extension IntakeState {
    /// Notices which apps no source says any more; whether there are new ones.
    mutating func noticeAbsent(_ holdings: [String: Holding]) -> Bool {
        let said = Set(sources.flatMap { $0.good.map { Array($0.apps.keys) } ?? [] })
        let gone = holdings.filter { self[$0.value.source] != nil && !said.contains($0.key) }
        absent = absent.filter { gone[$0.key] != nil }
        let new = gone.keys.filter { absent[$0] == nil }
        guard !new.isEmpty else { return false }
        tick += 1
        for app in new { absent[app] = tick }
        return true
    }

    /// What is to be done after the sources were judged, and absent apps noticed.
    func decide(_ holdings: [String: Holding]) -> Decision {
        var decision = Decision()
        // What one that fails said before is still its own.
        let sayers = Dictionary(
            grouping: sources.flatMap { source in
                (source.good?.apps.keys).map { $0.map { ($0, source) } } ?? []
            }
        ) { $0.0 }.mapValues { $0.map(\.1) }
        for app in sayers.keys.sorted() {
            let sources = sayers[app] ?? []
            guard let source = sources.first, sources.count == 1 else {
                for source in sources {
                    let others = sources.map(\.name).filter { $0 != source.name }.joined(separator: ", ")
                    decision.conflicts[source.name, default: [:]][app] =
                        "is defined by \(others) too: remove it from one of them"
                }
                continue
            }
            guard source.isGood, let sourced = source.good?.apps[app] else { continue }
            if let conflict = conflict(over: sourced, source.name, holdings[app]) {
                decision.conflicts[source.name, default: [:]][app] = conflict
            } else if isNews(sourced, source.name, holdings[app]) {
                decision.apply.append((sourced, source.name))
            }
        }
        // The default of a part that is missing would be to take down what it has.
        guard sources.allSatisfy({ $0.isGood || $0.settings.isOptional }) else { return decision }
        for (app, holding) in holdings.sorted(by: { $0.key < $1.key }) where sayers[app] == nil {
            guard let owner = self[holding.source], owner.isGood, let since = absent[app] else { continue }
            // It may be on its way to another source, which was read before it arrived there.
            let isConfirmed = sources.allSatisfy { $0.name == owner.name || !$0.isGood || $0.begun >= since }
            if isConfirmed { decision.prune.append((app, owner.name)) }
        }
        return decision
    }

    /// Why an app that is there may not become this source's.
    private func conflict(over sourced: SourcedApp, _ source: String, _ holding: Holding?) -> String? {
        guard let holding, holding.source != source else { return nil }
        if holding.source == NodeSource.push {
            return holding.digest == sourced.digest
                ? nil
                : "was pushed as something else: push the same, or take it down with `martlet down \(sourced.app.name)`"
        }
        // One that is not in the node file any more has nothing to say.
        guard let owner = self[holding.source], !owner.isGood else { return nil }
        return "is of source \(owner.name), which has to be read first"
    }

    /// Whether the node has to be told.
    private func isNews(_ sourced: SourcedApp, _ source: String, _ holding: Holding?) -> Bool {
        guard let holding, holding.source == source else { return true }
        if holding.digest == sourced.digest { return holding.claims != sourced.app.claims }
        return memory.applied[source]?[sourced.app.name] != sourced.digest
    }
}
