// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired

// One change at a time of an app; what is not accepted yet has no turn, and is called off by what is.

extension Node {
    /// One change at a time of an app's desired state, or of a network's ports.
    func takeTurn(_ subject: String) async {
        _ = await until(nil) { turns.insert(subject).inserted }
    }

    func endTurn(_ subject: String) {
        turns.remove(subject)
        changed()
    }

    // MARK: What is not accepted yet

    func enter(_ pending: PendingApply) { pendings[pending.request.app.name, default: []].append(pending) }

    func leave(_ pending: PendingApply) {
        let app = pending.request.app.name
        pendings[app]?.removeAll { $0 === pending }
        if pendings[app]?.isEmpty == true { pendings[app] = nil }
    }

    /// Calls off what was brought for the app before this one and is fetched still; who brought the same goes on beside
    /// it.
    func overtakeElders(of pending: PendingApply) {
        let request = pending.request
        let elders = pendings[request.app.name]?.prefix { $0 !== pending } ?? []
        for elder in elders where elder.isFetching && elder.request.app != request.app {
            elder.overtake(by: "another desired state came from \(request.source) by \(request.caller)")
        }
    }

    /// Calls off whatever is brought for an app; whether there was something.
    @discardableResult
    func overtake(_ app: String, by what: String) -> Bool {
        for pending in pendings[app] ?? [] { pending.overtake(by: what) }
        return pendings[app] != nil
    }

    /// Calls off all that is not accepted yet: the agent ends.
    func callOffAll() {
        for (app, all) in pendings {
            for pending in all { pending.callOff(ControlError(.failed, app, "the agent ends")) }
        }
    }
}
