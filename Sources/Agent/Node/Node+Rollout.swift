// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Plan
internal import Volumes

// The walk along a plan.

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
    /// What was changed by hand stays if it is spared.
    func startRollout(_ app: String, sparingHand: Bool = false) async throws {
        guard let deployment = deployments[app] else { return }
        for (id, instance) in instances where instance.record.app == app {
            // What is in the file no more is stopped as the file before said.
            guard let service = deployment.app.service(instance.record.service) else { continue }
            instances[id]?.service = service
            instances[id]?.image = deployment.images[instance.record.service]
            if instance.phase == .running, instance.health == nil { startHealth(id) }
        }
        let steps = try await steps(to: deployment.app, deployment.images.mapValues(\.digest)).filter {
            step in
            if sparingHand, case .changedByHand = step.reason { false } else { true }
        }
        begin(app, total: steps.count) { try await self.walk(app, steps, deployment.app, deployment.images) }
    }

    /// Begins to take an app down.
    func startTeardown(_ app: String) async throws {
        let steps = Plan.teardown(of: try await observe(), app: app)
        begin(app, total: steps.count) { try await self.tearDown(app, steps) }
    }

    private func begin(_ app: String, total: Int, _ body: @escaping @Sendable () async throws -> Void) {
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

    private func ended(_ app: String, _ number: Int, _ result: Result<Void, any Error>) {
        guard var deployment = deployments[app], deployment.number == number else { return }
        deployment.rollout = nil
        switch result {
        case .success:
            let isNews = deployment.phase != .converged && deployment.total > 0
            deployment.phase = .converged
            if isNews { events.append(.converged, app: app, "generation \(deployment.generation.number)") }
            deployment.finish(deployment.outcome)
        case .failure(is CancellationError): deployment.finish(deployment.progress(.superseded))
        case .failure(let error):
            deployment.phase = .failed("\(error)")
            events.append(.failed, app: app, "\(error)")
            deployment.finish(deployment.outcome)
        }
        deployments[app] = deployment
        changed()
    }

    /// Stops what is under way for an app; what has been done by then stays.
    func cancelRollout(_ app: String) async {
        guard let rollout = deployments[app]?.rollout else { return }
        rollout.cancel()
        changed()  // whoever waits for a condition looks at the cancellation
        await rollout.value
    }

    // MARK: Steps

    private func walk(_ name: String, _ steps: [Step], _ app: App, _ images: [String: Image]) async throws {
        // What was adopted had no service until now: its aliases and ports are known from here on.
        publishNames(name)
        try await republishPorts(name)
        let removals = steps.prefix(while: \.isRemoval)
        try await removeAll(Array(removals), of: name)
        for step in steps.dropFirst(removals.count) {
            try Task.checkCancellation()
            tell(step, of: name)
            try await perform(step, app, images)
            deployments[name]?.done += 1
        }
        try await settle(name)
        try settleRecords(of: name)
    }

    /// Goes on after a failure and throws the first one at the end.
    private func tearDown(_ name: String, _ steps: [Step]) async throws {
        let removals = steps.prefix(while: \.isRemoval)
        var first: (any Error)?
        do { try await removeAll(Array(removals), of: name) } catch { first = error }
        for step in steps.dropFirst(removals.count) {
            tell(step, of: name)
            do {
                try await perform(step, App(name: name), [:])
                deployments[name]?.done += 1
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
        try await records.remove(app: name)
        events.append(.removed, app: name, "the app is down; its volumes stay")
        var deployment = deployments.removeValue(forKey: name)
        deployment?.finish(ApplyProgress(removed: name))
    }

    /// Stops and removes instances, all at once but for what others among them depend on.
    private func removeAll(_ steps: [Step], of app: String) async throws {
        let ids = Set(steps.compactMap(\.removedID))
        departed.subtract(ids)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { try await self.removeInOrder(id, among: ids, steps, app) } }
            var first: (any Error)?
            while let result = await group.nextResult() {
                if case .failure(let error) = result { first = first ?? error }
            }
            if let first { throw first }
        }
    }

    private func removeInOrder(_ id: String, among ids: Set<String>, _ steps: [Step], _ app: String)
        async throws
    {
        let dependents = dependents(of: id, among: ids)
        _ = await until(nil) { Task.isCancelled || departed.isSuperset(of: dependents) }
        // Also when it failed: nobody waits for ever.
        defer {
            departed.insert(id)
            changed()
        }
        try Task.checkCancellation()
        for step in steps where step.removedID == id {
            tell(step, of: app)
            try await perform(step, App(name: app), [:])
            deployments[app]?.done += 1
        }
    }

    /// Who must be gone before; two that depend on each other wait for neither.
    private func dependents(of id: String, among ids: Set<String>) -> Set<String> {
        guard let record = instances[id]?.record else { return [] }
        return ids.filter { other in
            guard let dependent = instances[other]?.record, dependent.service != record.service else {
                return false
            }
            return dependent.dependencies.contains(record.service)
                && !record.dependencies.contains(dependent.service)
        }
    }

    private func perform(_ step: Step, _ app: App, _ images: [String: Image]) async throws {
        switch step.action {
        case .createNetwork(let name): try await makeNetwork(name, of: app)
        case .removeNetwork(let name): try await removeNetwork(name, of: app.name)
        case .createVolume(let name):
            let volumes = volumes
            _ = try await Thread.run { try volumes.ensure(app: app.name, name: name) }
        case .create(let name): try create(name, app, images)
        case .replace(let name, let id):
            try await stop(id)
            try await remove(id)
            try create(name, app, images)
        case .start(let name):
            guard let id = instances.values.first(where: { $0.record.name == name })?.record.id else {
                throw AgentError("start", "\(name)", "it was not created")
            }
            try await launch(id)
        case .limit(let name, let id):
            guard let service = app.service(name.service) else { return }
            try await limit(id, to: service.resources)
        case .stop(_, let id): try await stop(id)
        case .remove(_, let id): try await remove(id)
        case .waitFor(let service, let condition, let isRequired):
            let reached = await reach(service, of: app.name, condition)
            try Task.checkCancellation()
            if !reached && isRequired {
                throw AgentError(
                    "wait",
                    "\(app.name)/\(service)",
                    "it did not become \(condition.rawValue): see its log"
                )
            }
        }
    }

    private func tell(_ step: Step, of app: String) {
        let text = "\(step.action) (\(step.reason))"
        events.append(.step, app: app, text)
        guard let deployment = deployments[app] else { return }
        deployment.tell(deployment.progress(.step, text))
    }

    /// Waits until every instance of a service meets a condition; false when one no longer can, or the wait was
    /// cancelled.
    private func reach(_ service: String, of app: String, _ condition: Dependency.Condition) async -> Bool {
        var failed = false
        _ = await until(nil) {
            let all = instances.values.filter { $0.record.app == app && $0.record.service == service }
            failed = all.isEmpty || all.contains { $0.cannotReach(condition) }
            return Task.isCancelled || failed || all.allSatisfy { $0.meets(condition) }
        }
        return !failed
    }

    /// Waits until every instance of an app that has a health check and was not stopped by hand is healthy.
    ///
    /// Throws when one cannot be: it is unhealthy, or it ended and is not started again.
    private func settle(_ app: String) async throws {
        var broken: String?
        _ = await until(nil) {
            let stopped = deployments[app]?.stopped ?? []
            let all = instances.values.filter {
                $0.record.app == app && $0.healthCommand != nil && !$0.isPaused
                    && !stopped.contains($0.record.place)
            }
            broken = all.first { $0.cannotReach(.healthy) }.map { "\($0.record.name)" }
            return Task.isCancelled || broken != nil || all.allSatisfy { $0.meets(.healthy) }
        }
        try Task.checkCancellation()
        if let broken { throw AgentError("apply", broken, "it does not become healthy: see its log") }
    }

    /// What stayed as it was belongs to the new generation too.
    private func settleRecords(of app: String) throws {
        guard let number = deployments[app]?.generation.number else { return }
        for (id, instance) in instances where instance.record.app == app {
            guard instance.record.generation != number else { continue }
            instances[id]?.record.generation = number
            try instances[id]?.record.save(in: folders.records)
        }
    }
}

extension Deployment {
    /// Where a rollout that has ended left the app.
    var outcome: ApplyProgress {
        switch phase {
        case .failed(let reason): progress(.failed, reason)
        case .converged, .converging: progress(.converged)
        }
    }
}

extension ApplyProgress {
    init(removed app: String) {
        self.init(kind: .removed, app: app, generation: 0, digest: "", done: 0, total: 0)
    }
}

extension Step {
    /// The id of what a step stops for good or removes.
    fileprivate var removedID: String? {
        switch action {
        case .stop(_, let id), .remove(_, let id): id
        default: nil
        }
    }

    fileprivate var isRemoval: Bool { removedID != nil }
}
