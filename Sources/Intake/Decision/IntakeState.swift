// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// What is known of all sources, and what follows from it for the node.
struct IntakeState {
    let node: String
    let labels: [String: String]
    /// In the order of the file.
    var sources: [SourceState]
    var memory = SourceMemory()
    /// Counts what happens, so that before and after can be told.
    var tick = 0
    /// Apps that their source no longer says, by the tick at which that was noticed.
    var absent: [String: Int] = [:]

    subscript(name: String) -> SourceState? {
        get { sources.first { $0.name == name } }
        set {
            guard let newValue, let index = sources.firstIndex(where: { $0.name == name }) else { return }
            sources[index] = newValue
        }
    }

    /// Looks at what each source said last, now.
    mutating func judge(_ holdings: [String: Holding], now: Int64) {
        let now = max(now, memory.clock)
        for index in sources.indices {
            let source = sources[index]
            sources[index].trouble =
                if let failure = source.failure {
                    .init(state: failure.kind == .refused ? .refused : .failed, reason: "\(failure)")
                } else {
                    source.latest.flatMap { trouble(with: $0, of: source, holdings, now) }
                }
            if sources[index].isGood { sources[index].good = source.latest }
        }
    }

    private func trouble(
        with set: SourceSet,
        of source: SourceState,
        _ holdings: [String: Holding],
        _ now: Int64
    ) -> SourceState.Trouble? {
        let owned = holdings.filter { $0.value.source == source.name }.keys.sorted()
        if set.apps.isEmpty, !owned.isEmpty, !source.settings.allowsEmpty {
            return .init(
                state: .refused,
                reason: "has no app any more, and had \(owned.joined(separator: ", ")): "
                    + "take them down with `martlet down`, or set allow_empty"
            )
        }
        let apps = set.apps.values.sorted { $0.app.name < $1.app.name }
        for app in apps {
            if let reason = refusal(of: app, holdings[app.app.name]) {
                return .init(state: .refused, reason: "app \(app.app.name) \(reason)")
            }
        }
        guard let expired = apps.first(where: { $0.app.claims.hasExpired(at: now) }) else { return nil }
        return .init(
            state: .expired,
            reason: "app \(expired.app.name) has expired: what ran goes on, bring a newer desired state"
        )
    }

    /// What is wrong with the claims of an app, by what the node has seen.
    private func refusal(of sourced: SourcedApp, _ holding: Holding?) -> String? {
        let claims = sourced.app.claims
        if !claims.includes(node: node, labels: labels) {
            let audience = claims.audience.prefix(5).map { "\($0)" }.joined(separator: ", ")
            return "is for \(audience), and this is node \(node): change x-martlet.audience"
        }
        let seen = memory.versions[sourced.app.name]
        let floor = max(seen?.number ?? 0, holding?.claims.version ?? 0)
        guard let version = claims.version else {
            return floor == 0 ? nil : "has no version, and \(floor) was seen: set x-martlet.version"
        }
        if version < floor { return "is version \(version), and \(floor) was seen: raise x-martlet.version" }
        let others = [
            seen.flatMap { $0.number == version ? $0.digest : nil },
            holding.flatMap { $0.claims.version == version ? $0.digest : nil },
        ]
        guard others.allSatisfy({ $0 == nil || $0 == sourced.digest }) else {
            return "is another version \(version) than the one that was seen: raise x-martlet.version"
        }
        return nil
    }
}
