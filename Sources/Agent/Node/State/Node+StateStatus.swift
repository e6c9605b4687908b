// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Sinks
internal import Volumes

extension Node {
    /// How it stands with the node's own state; nil if it is kept in no store.
    func stateStatus() async -> StateStatus? {
        let revisions = await records.revisions
        guard let state = keptState else { return nil }
        var status = StateStatus(store: state.store, state: "acquiring")
        (status.state, status.reason) = state.shown(returns)
        status.guarantee = state.guarantee?.rawValue
        status.sequence = state.sequence
        status.savedAt = state.savedAt.map(Timestamp.text)
        status.restoredAt = state.restoredAt.map(Timestamp.text)
        status.riskSeconds = state.safeAt.map { max(0, Double(Timestamp.now() - $0) / 1e9) }
        let known = state.revisions ?? [:]
        status.riskApps = Set(revisions.keys).union(known.keys).count { revisions[$0] != known[$0] }
        for log in shipper?.unsent ?? [] {
            guard let written = log.written else { continue }
            let safe = max(log.passed, state.savedLines[log.path] ?? 0)
            status.riskLines += written > safe ? written - safe : 0
        }
        status.leftOutBytes = state.leftOutBytes
        status.saves = state.saves
        status.failures = state.failures
        return status
    }
}

extension KeptState {
    /// Its state in one word, and why.
    fileprivate func shown(_ returns: AppReturns) -> (state: String, reason: String) {
        switch phase {
        case .elsewhere(let reason): return ("elsewhere", reason)
        case .restoring: return failure.map { ("failing", $0) } ?? ("restoring", "")
        case .acquiring: return failure.map { ("failing", $0) } ?? ("acquiring", "")
        case .held:
            if let failure { return ("failing", failure) }
            guard let (app, trouble) = returns.troubles.min(by: { $0.key < $1.key }) else {
                return (returns.untried.isEmpty ? "held" : "restoring", "")
            }
            return ("restoring", "\(app): \(trouble)")
        }
    }
}
