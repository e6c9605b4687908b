// SPDX-License-Identifier: Apache-2.0

extension SourceState {
    /// What is to be told of it, and what has happened, if anything has.
    func told(now: Int64) -> (SourceReport, Outlet.Event?) {
        var next = report
        next.apps = (good?.apps.keys.sorted()) ?? []
        if isGood { next.revision = good?.revision }
        if let trouble {
            next.state = trouble.state
            next.reason = trouble.reason
        } else if latest == nil {
            next.state = .loading
        } else if let first = untaken.min(by: { $0.key < $1.key }) {
            next.state = .refused
            next.reason = (first.key.isEmpty ? "" : "app \(first.key): ") + first.value
        } else {
            next.state = .synced
            next.reason = ""
        }
        if next.state != report.state { next.since = now }
        let isNews =
            next.state != report.state
            || (next.state == .synced ? next.revision != report.revision : false)
            || (next.state == .refused && next.reason != report.reason)
        guard isNews else { return (next, nil) }
        switch next.state {
        case .loading: return (next, nil)
        case .synced:
            let apps = next.apps.isEmpty ? "no app" : next.apps.joined(separator: ", ")
            let signers = Set((good?.apps.values).map { $0.compactMap(\.signer) } ?? []).sorted()
            let signed = signers.isEmpty ? "" : ", signed by \(signers.joined(separator: ", "))"
            return (next, .loaded(source: name, "\(apps) at \((next.revision ?? "").prefix(19))\(signed)"))
        case .failed, .refused, .expired: return (next, .refused(source: name, next.reason))
        }
    }
}
