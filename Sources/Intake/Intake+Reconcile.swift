// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux

// From what the sources say to what the node does.

extension Intake {
    /// Brings the node to what the sources say now.
    func reconcile() async {
        isGathered = isGathered || state.sources.allSatisfy { $0.latest != nil || $0.failure != nil }
        guard isGathered else { return }
        let holdings = await outlet.holdings()
        guard !Task.isCancelled else { return }
        let now = clock.now
        state.judge(holdings, now: now)
        if state.noticeAbsent(holdings), state.sources.count > 1 { wakeAll() }
        let decision = state.decide(holdings)
        var untaken = decision.conflicts
        state.remember(decision.conflicts, holdings, now: now)
        clock.hold(state.memory.clock)
        state.memory.clock = clock.held
        do {
            Failpoint.intakeDecided.reach()
            try await save()
            Failpoint.intakeRemembered.reach()
            let isWhole = await carryOut(decision, &untaken)
            if isWhole, !Task.isCancelled { try await save() }
            Failpoint.intakeSaved.reach()
        } catch {
            // What was seen must be on the disk before anything is done about it.
            for source in state.sources where source.isGood {
                untaken[source.name, default: [:]][""] = "\(error)"
            }
        }
        guard !Task.isCancelled else { return }
        for source in state.sources { state[source.name]?.untaken = untaken[source.name] ?? [:] }
        tell(now)
    }

    /// Does what was decided, and adds what the node did not take; whether it took anything.
    private func carryOut(_ decision: Decision, _ untaken: inout [String: [String: String]]) async -> Bool {
        var fit: [(app: SourcedApp, source: String)] = []
        for (app, source) in decision.apply {
            do {
                try await outlet.check(app, source)
                fit.append((app, source))
            } catch {
                untaken[source, default: [:]][app.app.name] = "\(error)"
            }
        }
        // What goes makes room for what comes, and stays if that does not come.
        if fit.count == decision.apply.count {
            for (app, source) in decision.prune where !Task.isCancelled {
                // What was decided may be old by now: checks and removals take their time.
                guard await outlet.holdings()[app]?.source == source,
                    !state.sources.contains(where: { $0.latest?.apps[app] != nil })
                else { continue }
                do {
                    Failpoint.withdrawalDue.reach()
                    try await outlet.remove(app, source)
                    Failpoint.withdrawalDone.reach()
                    state.memory.applied[source]?[app] = nil
                } catch {
                    untaken[source, default: [:]][app] = "cannot be taken down: \(error)"
                }
            }
        }
        for (app, source) in fit where !Task.isCancelled {
            do {
                Failpoint.arrivalDue.reach()
                try await outlet.apply(app, source)
                Failpoint.arrivalDone.reach()
                state.memory.applied[source, default: [:]][app.app.name] = app.digest
            } catch {
                untaken[source, default: [:]][app.app.name] = "\(error)"
            }
        }
        return !decision.prune.isEmpty || !fit.isEmpty
    }

    /// Tells what has become of each source.
    private func tell(_ now: Int64) {
        for source in state.sources {
            let (report, event) = source.told(now: now)
            state[source.name]?.report = report
            if let event { outlet.report(event) }
        }
    }
}
