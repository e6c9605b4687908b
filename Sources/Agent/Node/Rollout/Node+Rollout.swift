// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Plan

// From a plan to its end.

extension Node {
    /// How it stands with an app's rollout, and how it goes on.
    func watch(_ app: String) -> (accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>) {
        let (stream, continuation) = AsyncStream<ApplyProgress>.makeStream(
            bufferingPolicy: .bufferingNewest(10_000)
        )
        guard let deployment = deployments[app] else {
            let removed = ApplyProgress(removed: app)
            continuation.yield(removed)
            continuation.finish()
            return (removed, stream)
        }
        continuation.yield(deployment.progress(.accepted))
        if deployment.rollout == nil {
            continuation.yield(deployment.outcome)
            continuation.finish()
        } else {
            deployments[app]?.watchers.append(continuation)
        }
        return (deployment.progress(.accepted), stream)
    }

    /// Begins to bring an app to its desired state.
    ///
    /// What was changed by hand stays if it is spared. One that goes on was broken off: what it had started is on
    /// trial still.
    func startRollout(_ app: String, sparingHand: Bool = false, goingOn: Bool = false) async throws {
        guard let deployment = deployments[app] else { return }
        if !goingOn {
            deployments[app]?.isForlorn = false
            deployments[app]?.troubles = [:]
        }
        try await assign(app)
        try goingOn ? forgetUnseenStarts(of: app) : endTrials(of: app)
        let steps = try await steps(to: deployment.app, deployment.images.mapValues(\.digest)).filter {
            step in
            guard sparingHand else { return true }
            switch step.reason {
            case .changedByHand, .drifted: return false
            default: return true
            }
        }
        Failpoint.rolloutPlanned.reach()
        let canReturn = deployment.stage == .rolling ? await records.fallback(app: app) != nil : false
        deployments[app]?.watched = canReturn ? RolloutGuard(steps) : nil
        deployments[app]?.deadline = .now + deployment.app.rollout.deadline
        deployments[app]?.left = [:]
        if goingOn { resumeTrials(of: app) }
        begin(app, total: steps.count) { try await self.roll(app, steps) }
        Failpoint.rolloutBegun.reach()
    }

    /// Begins to take an app down.
    func startTeardown(_ app: String) async throws {
        let steps = Plan.teardown(of: try await observe(app), app: app)
        Failpoint.teardownPlanned.reach()
        begin(app, total: steps.count) { try await self.tearDown(app, steps) }
    }

    func begin(_ app: String, total: Int, _ body: @escaping @Sendable () async throws -> Void) {
        deployments[app]?.number += 1
        deployments[app]?.phase = .converging
        deployments[app]?.done = 0
        deployments[app]?.total = total
        guard let number = deployments[app]?.number else { return }
        deployments[app]?.rollout = Task {
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            ended(app, number, result)
        }
    }

    /// The walk, and what follows if it fails.
    private func roll(_ name: String, _ steps: [Step]) async throws {
        guard let deployment = deployments[name] else { return }
        let alarm = Task {
            // It may be put off meanwhile.
            while let deadline = deployments[name]?.deadline, ContinuousClock.now < deadline {
                guard (try? await Task.sleep(until: deadline)) != nil else { return }  // it has ended
            }
            if !Task.isCancelled { self.expire(name) }
        }
        defer { alarm.cancel() }
        do {
            try await walk(name, steps, deployment.app, deployment.images)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            alarm.cancel()  // it is not for the way back
            try await conclude(name, error)
        }
        guard deployment.stage == .rolling else { return }
        if let first = untolerated(in: deployment.app) {
            try await records.fail(app: name, reason: "\(first)")
            deployments[name]?.stage = .failed
            throw RolloutEnd.mixed("generation \(deployment.generation.number): \(first)")
        }
        Failpoint.confirmDue.reach()
        try await records.confirm(app: name)
        Failpoint.confirmDone.reach()
        deployments[name]?.stage = .current
    }

    private func ended(_ app: String, _ number: Int, _ result: Result<Void, any Error>) {
        Failpoint.rolloutEnded.reach()
        guard var deployment = deployments[app], deployment.number == number else { return }
        deployment.rollout = nil
        deployment.watched = nil
        deployment.deadline = nil
        deployment.isSettling = false
        switch result {
        case .success:
            let isNews =
                deployment.phase != .converged
                && (deployment.total > 0 || deployment.backoff.attempts > 0)
            deployment.backoff = RestartBackoff()
            deployment.isForlorn = false
            deployment.troubles = [:]
            deployment.phase = .converged
            if isNews { events.append(.converged, app: app, "generation \(deployment.generation.number)") }
            deployment.finish(deployment.outcome)
        case .failure(is CancellationError): deployment.finish(deployment.progress(.superseded))
        case .failure(RolloutEnd.returned(let reason)):
            deployment.phase = .converged
            deployment.finish(deployment.progress(.rolledBack, reason))
        case .failure(RolloutEnd.mixed(let reason)):
            deployment.phase = .mixed(reason)
            events.append(.failed, app: app, "\(reason): the app stays as it is")
            deployment.finish(deployment.outcome)
        case .failure(let error):
            deployment.phase = .failed("\(error)")
            deployment.finish(deployment.outcome)
        }
        deployments[app] = deployment
        if case .failed(let reason) = deployment.phase { complain(app, reason) }
        changed()
        jobs.nudge()
        restSoon()
        if case .failed = deployment.phase, isKeptUp(app), !deployment.isGoing { tryAgain(app) }
    }

    /// Stops what is under way for an app; what has been done by then stays.
    func cancelRollout(_ app: String) async {
        guard let rollout = deployments[app]?.rollout else { return }
        rollout.cancel()
        changed()  // whoever waits for a condition looks at the cancellation
        await rollout.value
    }
}

extension Deployment {
    /// Where a rollout that has ended left the app.
    var outcome: ApplyProgress {
        switch phase {
        case .failed(let reason), .mixed(let reason): progress(.failed, reason)
        case .converged, .converging: progress(.converged)
        }
    }
}

extension ApplyProgress {
    init(removed app: String) {
        self.init(kind: .removed, app: app, generation: 0, digest: "", done: 0, total: 0)
    }
}
