// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Plan

// Whether what a rollout starts is good: seen as it happens, so that no restart hides it.

extension Node {
    /// An instance that a rollout started has ended by itself.
    func noteEnd(_ id: String, _ status: Int32?) {
        guard let instance = instances[id], !instance.isStopping, !instance.hasFailed,
            let deployment = deployments[instance.record.app],
            deployment.watched?.started.contains(id) == true
        else { return }
        let name = instance.record.service
        // A job may take several attempts; whoever waits for it decides.
        let isJob = deployment.app.services.contains { service in
            service.dependencies.contains { $0.service == name && $0.condition == .completed }
        }
        let isMeantToEnd = [.never, .onFailure].contains(instance.service?.restart.condition)
        if isJob || (status == 0 && isMeantToEnd) { return }
        let what = status.map { "exited \($0)" } ?? "exited, status unknown"
        deployments[instance.record.app]?.watched?.failures[id] = RolloutFailure(instance.record, what)
    }

    /// An instance that a rollout started is unhealthy.
    func noteIllness(_ id: String, _ complaint: String) {
        guard let record = instances[id]?.record else { return }
        guard deployments[record.app]?.watched?.started.contains(id) == true else { return }
        deployments[record.app]?.watched?.failures[id] = RolloutFailure(record, "is unhealthy: \(complaint)")
    }

    /// Waits until the chosen instances of an app are ready.
    ///
    /// Throws what fails meanwhile, and after the deadline.
    func awaitReady(_ app: String, _ isChosen: (Instance) -> Bool) async throws {
        var failure: RolloutFailure?
        let isInTime = await until(deployments[app]?.deadline) {
            let unready = unready(in: app, isChosen)
            failure =
                deployments[app]?.watched?.failure
                ?? unready.first(where: \.isHopeless).map {
                    RolloutFailure($0.record, "does not become ready")
                }
            return Task.isCancelled || failure != nil || unready.isEmpty
        }
        try Task.checkCancellation()
        if let failure { throw failure }
        if !isInTime, let late = unready(in: app, isChosen).first {
            throw RolloutFailure(late.record, "is not ready at the deadline")
        }
    }

    /// Those of the chosen instances that are not ready; what was passed over, or stopped by hand, is not asked.
    private func unready(in app: String, _ isChosen: (Instance) -> Bool) -> [Instance] {
        let skipped = deployments[app]?.watched?.skipped.compactMap(\.id) ?? []
        let stopped = deployments[app]?.stopped ?? []
        return instances(of: app).filter {
            isChosen($0) && !$0.isReady && !skipped.contains($0.record.id)
                && !stopped.contains($0.record.place)
        }.sorted { $0.record.name < $1.record.name }
    }

    /// Looks on for so long whether what a rollout started stays well.
    func watchOver(_ app: String, for duration: Duration) async throws {
        guard duration > .zero else { return }
        var failure: RolloutFailure?
        _ = await until(.now + duration) {
            failure = deployments[app]?.watched?.failure
            return Task.isCancelled || failure != nil
        }
        try Task.checkCancellation()
        if let failure { throw failure }
    }

    /// The deadline has come: a start that waits for its hooks ends with them.
    func expire(_ app: String) {
        let started = deployments[app]?.watched?.started
        for instance in instances(of: app) where instance.isStarting && instance.record.isRun != true {
            if started?.contains(instance.record.id) != false { instance.hook?.kill() }
        }
    }

    /// How long an instance must live once it is ready: a program that breaks does so soon, unless a check has
    /// shown that it works.
    func trial(of id: String) -> Duration {
        guard let instance = instances[id], let service = instance.service else { return .zero }
        return config(of: service, in: instance.record.app).monitor
            ?? (instance.isChecked ? .zero : .seconds(3))
    }

    /// How instances of a service are replaced, on the way to a generation or back.
    private func config(of service: Service, in app: String) -> UpdateConfig {
        deployments[app]?.isReturning == true ? service.rollback : service.update
    }

    /// What the file says should follow a failure.
    ///
    /// On the way back there is nothing better to stay with: the rest of the app goes back all the same.
    func action(after failure: any Error, in app: App) -> FailureAction {
        if deployments[app.name]?.isReturning == true { return .continue }
        let service = (failure as? RolloutFailure).flatMap { app.service($0.name.service) }
        return service?.update.failureAction ?? app.rollout.onFailure
    }

    /// Whether so few of the replaced instances of a service have failed that it is none of a failure (deploy.md,
    /// `max_failure_ratio`).
    func isTolerated(_ failure: RolloutFailure, _ app: App) -> Bool {
        guard let service = app.service(failure.name.service), let watched = deployments[app.name]?.watched,
            let replaced = watched.replaced[service.name]
        else { return false }
        let failed = Set((watched.failures.values + watched.skipped + [failure]).map(\.name)).filter {
            $0.service == service.name
        }
        return Double(failed.count) <= Double(replaced)
            * config(of: service, in: app.name).maximumFailureRatio
    }

    /// The first of what was passed over that makes the walk a failure nonetheless.
    func untolerated(in app: App) -> RolloutFailure? {
        deployments[app.name]?.watched?.skipped.first { !isTolerated($0, app) }
    }

    /// Does what waits for others, again if one of them failed and is passed over.
    func enduring(_ app: App, _ body: () async throws -> Void) async throws {
        while true {
            do { return try await body() } catch { try skip(error, in: app) }
        }
    }

    /// Passes over a failure if the file says so; throws it otherwise.
    func skip(_ error: any Error, in app: App) throws {
        if Task.isCancelled { throw CancellationError() }
        guard let failure = error as? RolloutFailure, deployments[app.name]?.watched != nil,
            isTolerated(failure, app) || action(after: failure, in: app) == .continue
        else { throw error }
        // Who waits beside it hears of it, too.
        guard deployments[app.name]?.watched?.skipped.contains(failure) == false else { return }
        deployments[app.name]?.watched?.skipped.append(failure)
        events.append(
            .failed,
            app: app.name,
            service: failure.name.service,
            instance: failure.name.index,
            "\(failure): the rollout goes on"
        )
    }
}

extension Instance {
    /// It does what it is there for: runs and is healthy, where that can be known, or has done its work.
    var isReady: Bool {
        switch phase {
        case .running: !isStarting && (!isChecked || isPaused || health?.isReady == true)
        case .exited(let status):
            status == 0 && [.never, .onFailure].contains(service?.restart.condition)
        case .created: false
        }
    }

    /// It ended for good, or its check says that it is not well.
    var isHopeless: Bool {
        phase == .running ? health?.isHopeless == true : cannotReach(.completed)
    }
}
