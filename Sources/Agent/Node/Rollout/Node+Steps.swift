// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Plan
internal import Volumes

// The walk along a plan.

extension Node {
    func walk(_ name: String, _ steps: [Step], _ app: App, _ images: [String: Image]) async throws {
        // What was adopted had no service until now: its aliases and ports are known from here on.
        Failpoint.walkDue.reach()
        publishNames(name)
        try await republishPorts(name)
        Failpoint.walkPublished.reach()
        try await openSockets(of: app)
        let removals = steps.prefix(while: \.isRemoval)
        try await removeAll(Array(removals), of: name)
        Failpoint.removalsDone.reach()
        var rest = steps.dropFirst(removals.count)
        while let step = rest.first {
            try Task.checkCancellation()
            // Those that take over are ready and drain at the same time; everything else has its turn.
            let together = step.isTakeOver ? Array(rest.prefix(while: \.isTakeOver)) : [step]
            rest = rest.dropFirst(together.count)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for step in together { group.addTask { try await self.take(step, app, images) } }
                try await group.waitForAll()
            }
        }
        Failpoint.settleDue.reach()
        if let error = deployments[name]?.left.min(by: { $0.key < $1.key })?.value.error { throw error }
        if isKeptUp(name) {
            deployments[name]?.isSettling = true
            jobs.nudge()
        }
        try await settle(name, app)
        Failpoint.settleDone.reach()
        if deployments[name]?.watched?.skipped.isEmpty != false {
            try settleRecords(of: name)
            try await closeSockets(of: name, but: app.services.flatMap(\.sockets))
        }
        Failpoint.walkDone.reach()
    }

    private func take(_ step: Step, _ app: App, _ images: [String: Image]) async throws {
        tell(step, of: app.name)
        Failpoint.stepDue.reach()
        do {
            guard !isLeft(step, in: app.name) else { return }
            try await perform(step, app, images)
        } catch {
            try passOver(step, error, in: app)
        }
        Failpoint.stepDone.reach()
        deployments[app.name]?.done += 1
    }

    /// Goes on after a failure and throws the first one at the end.
    func tearDown(_ name: String, _ steps: [Step]) async throws {
        Failpoint.teardownDue.reach()
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
        if first == nil {
            do {
                try await closeSockets(of: name)
                try await releaseVolumes(of: name)
                await deleteVolumes(of: name)
            } catch {
                first = error
            }
        }
        if let first { throw first }
        Failpoint.forgetDue.reach()
        try await records.remove(app: name)
        Failpoint.forgetDone.reach()
        events.append(.removed, app: name, "the app is down; its volumes stay")
        Failpoint.forgetTold.reach()
        var deployment = deployments.removeValue(forKey: name)
        deployment?.finish(ApplyProgress(removed: name))
    }

    func perform(_ step: Step, _ app: App, _ images: [String: Image]) async throws {
        switch step.action {
        case .createNetwork(let name): try await makeNetwork(name, of: app)
        case .removeNetwork(let name): try await removeNetwork(name, of: app.name)
        case .createVolume(let name):
            let volumes = volumes
            _ = try await Thread.run { try volumes.ensure(app: app.name, name: name) }
        case .create(let name): try create(name, app, images)
        case .replace(let name, let id, _):
            let lock = try await lock(id)
            try await stop(id)
            withExtendedLifetime(lock) {}
            Failpoint.replaceStopped.reach()
            try await remove(id)
            Failpoint.replaceRemoved.reach()
            let new = try create(name, app, images)
            Failpoint.replaceCreated.reach()
            // Nobody waits for what a user stopped by hand.
            if isStopped(name) { instances[new]?.isStopping = true }
        case .start(let name):
            guard
                let id = instances.values.first(where: {
                    $0.record.name == name && $0.record.isWaiting != true
                })?.record.id
            else { throw AgentError("start", "\(name)", "it was not created") }
            guard !isStopped(name) else { instances[id]?.isStopping = true; break }
            try await start(id)
        case .startBeside(let name, let id):
            if !isStopped(name) { try await startBeside(name, id, app, images) }
        case .takeOver(let name, let id):
            if try await takeOver(name, from: id, in: app) { break }
            try await perform(Step(.replace(name, id: id, nil), step.reason), app, images)
        case .settle(let service, let pause):
            try await enduring(app) {
                try await awaitReady(app.name) { $0.record.service == service && $0.isServing }
                let all = instances.values.filter {
                    $0.record.app == app.name && $0.record.service == service
                }
                try await watchOver(app.name, for: all.map { trial(of: $0.record.id) }.max() ?? .zero)
            }
            try await Task.sleep(for: pause)
        case .run(let job): try await enduring(app) { try await complete(job, of: app) }
        case .limit(let name, let id):
            guard let service = app.service(name.service) else { return }
            try await limit(id, to: service.resources)
        case .renew(let name, let id):
            do { try await renew(id, app) } catch {
                if Task.isCancelled { throw CancellationError() }
                guard let record = instances[id]?.record, record.name == name else { throw error }
                throw RolloutFailure(record, because: error)
            }
        case .relog(let name, let id):
            guard let service = app.service(name.service) else { return }
            try await relog(id, service)
        case .thaw(_, let id): try await correct(id)
        case .stop(_, let id): try await stop(id)
        case .remove(_, let id): try await remove(id)
        case .waitFor(let service, let condition, let isRequired):
            let isLeft = deployments[app.name]?.left[service] != nil
            var reached = false
            try await enduring(app) {
                reached = isLeft ? false : await reach(service, of: app.name, condition)
                try Task.checkCancellation()
                if let failure = deployments[app.name]?.watched?.failure { throw failure }
            }
            if !reached && isRequired {
                throw waited(for: service, condition, in: app.name)
            }
        }
    }

    /// Whether a user stopped by hand what is in a place, after the plan was made for example.
    func isStopped(_ name: InstanceName) -> Bool {
        deployments[name.app]?.stopped.contains("\(name.service)/\(name.index)") == true
    }

    func tell(_ step: Step, of app: String) {
        let text = "\(step.action) (\(step.reason))"
        events.append(.step, app: app, text)
        guard let deployment = deployments[app] else { return }
        deployment.tell(deployment.progress(.step, text))
    }

    /// Starts a container; what a rollout starts is watched from here on.
    func start(_ id: String) async throws {
        guard let record = instances[id]?.record else { throw AgentError("start", id, "it is not known") }
        try beginTrial(id)
        do {
            try await launch(id)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw RolloutFailure(instances[id]?.record ?? record, because: error)
        }
    }
}

extension Step {
    fileprivate var isTakeOver: Bool { if case .takeOver = action { true } else { false } }
}
