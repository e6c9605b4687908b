// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Plan

// What a rollout waits for, and what an app is at its end.

extension Node {
    /// Waits until every instance of a service meets a condition; false when one no longer can, the wait was
    /// cancelled, or the deadline of the rollout has passed.
    func reach(
        _ service: String,
        of app: String,
        _ condition: Dependency.Condition,
        unless isCalledOff: () -> Bool = { false }
    ) async -> Bool {
        var failed = false
        let isInTime = await until(deployments[app]?.deadline) {
            let all = instances(of: app).filter { $0.record.service == service && $0.isServing }
            failed =
                all.isEmpty || all.contains { $0.cannotReach(condition) }
                || deployments[app]?.watched?.failure != nil
            return Task.isCancelled || failed || isCalledOff() || all.allSatisfy { $0.meets(condition) }
        }
        return isInTime && !failed
    }

    /// Why a wait for a service came to nothing.
    func waited(for service: String, _ condition: Dependency.Condition, in app: String) -> any Error {
        let error = AgentError(
            "wait",
            "\(app)/\(service)",
            "it did not become \(condition.rawValue): see its log"
        )
        let guilty = instances.values.filter {
            $0.record.app == app && $0.record.service == service && !$0.meets(condition)
        }.min { $0.record.name < $1.record.name }
        return guilty.map { RolloutFailure($0.record, because: error) } ?? error
    }

    /// Waits until every instance of an app that has a health check and was not stopped by hand is healthy, and
    /// then looks on for as long as the file says.
    ///
    /// Throws when one cannot be: it is unhealthy, or it ended and is not started again.
    func settle(_ name: String, _ app: App) async throws {
        while true {
            var failure: RolloutFailure?
            let isInTime = await until(deployments[name]?.deadline) {
                let ill = unhealthy(in: name)
                failure =
                    deployments[name]?.watched?.failure
                    ?? ill.first(where: \.isHopeless).map {
                        unsettled($0, "it does not become healthy: see its log")
                    }
                return Task.isCancelled || failure != nil || ill.isEmpty
            }
            try Task.checkCancellation()
            if !isInTime, failure == nil {
                failure = unhealthy(in: name).first.map { unsettled($0, "it is not healthy at the deadline") }
            }
            guard let failure else { break }
            try skip(failure, in: app)
        }
        try await watchAll(name, app)
    }

    /// Who should be healthy and is not.
    private func unhealthy(in app: String) -> [Instance] {
        let stopped = deployments[app]?.stopped ?? []
        let skipped = deployments[app]?.watched?.skipped.compactMap(\.id) ?? []
        return instances(of: app).filter {
            $0.isChecked && !$0.isPaused && $0.health?.isReady != true
                && !stopped.contains($0.record.place) && !skipped.contains($0.record.id)
        }.sorted { $0.record.name < $1.record.name }
    }

    private func unsettled(_ instance: Instance, _ why: String) -> RolloutFailure {
        RolloutFailure(instance.record, because: AgentError("apply", "\(instance.record.name)", why))
    }

    /// Looks on whether what was started stays well, for as long as the file says.
    private func watchAll(_ name: String, _ app: App) async throws {
        guard let watched = deployments[name]?.watched, !watched.started.isEmpty else { return }
        let running = watched.started.filter { instances[$0]?.phase == .running }
        let longest = running.map(trial).reduce(app.rollout.monitor, max)
        let end = ContinuousClock.now + longest
        try await enduring(app) { try await watchOver(name, for: end - .now) }
    }

    /// What stayed as it was belongs to the new generation too.
    func settleRecords(of app: String) throws {
        guard let number = deployments[app]?.generation.number else { return }
        for instance in instances(of: app) {
            let id = instance.record.id
            guard instance.record.generation != number else { continue }
            Failpoint.generationDue.reach()
            instances[id]?.record.generation = number
            try instances[id]?.record.save(in: folders.records)
            Failpoint.generationSaved.reach()
        }
    }
}
