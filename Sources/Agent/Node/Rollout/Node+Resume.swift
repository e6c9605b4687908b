// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux

// What an agent does for the apps of one before it.

extension Node {
    /// Brings every app on record to its desired state.
    func resume() async {
        await settleSnapshots()
        await resumeVolumes()
        await spreadProcessors()  // one that had some for itself may have ended while nobody looked
        for app in deployments.keys.sorted() {
            await takeTurn(app)
            await resume(app)
            endTurn(app)
        }
        await bringBackLost()
        watchJobs()
    }

    /// Brings one app to its desired state; the caller has its turn.
    func resume(_ app: String) async {
        do {
            Failpoint.resumeDue.reach()
            if deployments[app]?.rollout == nil, try await !goOnReturning(app) { try await goOn(app) }
            Failpoint.resumeDone.reach()
        } catch {
            deployments[app]?.phase = .failed("\(error)")
            complain(app, "\(error)")
            tryAgain(app)
        }
    }

    /// Brings an app to its desired state; one that stands between two generations stays there.
    func goOn(_ app: String) async throws {
        guard deployments[app]?.isGoing != true else { return try await startTeardown(app) }
        let number = deployments[app]?.generation.number
        guard deployments[app]?.stage == .failed,
            let failure = await records.failures(app: app).first(where: { $0.number == number }),
            await records.fallback(app: app) != nil
        else {
            // Where there is nothing to go back to, the way there is tried anew, and where nothing runs, until it is
            // gone.
            if deployments[app]?.stage == .failed { deployments[app]?.stage = .rolling }
            if await isForlorn(app) { deployments[app]?.isForlorn = true }
            return try await startRollout(app, sparingHand: true, goingOn: true)
        }
        guard instances.values.contains(where: { $0.record.app == app }) else {
            try await giveUpLost(app)
            return try await startRollout(app, sparingHand: true)
        }
        try await assign(app)
        publishNames(app)
        try await republishPorts(app)
        deployments[app]?.phase = .mixed("generation \(failure.number): \(failure.reason)")
        await restartEnded(of: app)
    }

    /// Whether an app never was where it should be, has nothing to go back to, and does not run.
    private func isForlorn(_ app: String) async -> Bool {
        guard deployments[app]?.stage == .rolling, await records.fallback(app: app) == nil else {
            return false
        }
        return instances(of: app).allSatisfy { $0.phase != .running }
    }

    /// Starts again what ended while no agent looked, each container as it was made.
    private func restartEnded(of app: String) async {
        let stopped = deployments[app]?.stopped ?? []
        for (id, instance) in instances.sorted(by: { $0.key < $1.key }) where instance.record.app == app {
            guard case .exited(let status) = instance.phase, !stopped.contains(instance.record.place) else {
                continue
            }
            await restart(id, status, ran: .zero)
        }
    }
}
