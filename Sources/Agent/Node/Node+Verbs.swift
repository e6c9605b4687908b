// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Plan

// What a user does by hand to what runs.

extension Node {
    /// Which instances a verb is about: an app's, one service's of it, or one of those.
    public struct Selection: Sendable {
        /// The app.
        public var app: String
        /// The service; nil for all.
        public var service: String?
        /// Which one of the service's instances, from 1; nil for all.
        public var instance: Int?

        /// A selection.
        public init(app: String, service: String? = nil, instance: Int? = nil) {
            self.app = app
            self.service = service
            self.instance = instance
        }
    }

    /// The instances of a selection in the order in which they start.
    ///
    /// Throws `ControlError` if there are none.
    func selected(_ selection: Selection) throws -> [Instance] {
        let found = instances.values.filter {
            // A run is meant only by its job's name.
            $0.record.app == selection.app && ($0.record.isRun != true || selection.service != nil)
                && (selection.service ?? $0.record.service) == $0.record.service
                && (selection.instance ?? $0.record.index) == $0.record.index
        }
        guard !found.isEmpty else {
            let place = [selection.service, selection.instance.map { "\($0)" }].compactMap { $0 }
            throw ControlError(
                .absent,
                ([selection.app] + place).joined(separator: "/"),
                "there is no such instance",
                "see `martlet ps`"
            )
        }
        return inOrder(found, of: selection.app)
    }

    /// Instances of an app in the order in which they start.
    func inOrder(_ chosen: [Instance], of app: String) -> [Instance] {
        let order = deployments[app]?.app.servicesInOrder.map(\.name) ?? []
        return chosen.sorted {
            let places = [$0, $1].map { order.firstIndex(of: $0.record.service) ?? 0 }
            return (places[0], $0.record.service, $0.record.index)
                < (places[1], $1.record.service, $1.record.index)
        }
    }

    /// Stops instances; they stay so until a user starts them or a new desired state comes.
    ///
    /// A run of a job is over then, also one that waits for others and has no container.
    public func stop(_ selection: Selection) async throws -> [InstanceStatus] {
        let waiting = await waitingRuns(selection)
        guard waiting.isEmpty else {
            for run in waiting { try await stop(run, as: .stopped) }
            return []
        }
        let chosen = try selected(selection)
        let runs = chosen.filter { $0.record.isRun == true }.map(\.record)
        guard runs.isEmpty else {
            for record in runs {
                let run = Run(app: record.app, job: record.service, number: record.index)
                try await stop(run, as: .stopped)
            }
            return status(of: chosen)
        }
        try await remember(selection.app) { $0.union(chosen.map(\.record.place)) }
        try await stopInOrder(chosen)
        return status(of: chosen)
    }

    /// Starts instances that do not run.
    ///
    /// One that cannot be started is tried again by its policy, and keeps no other down; the first failure is thrown
    /// at the end.
    public func start(_ selection: Selection) async throws -> [InstanceStatus] {
        let chosen = try selected(selection)
        try refuseRuns(chosen)
        try await remember(selection.app) { $0.subtracting(chosen.map(\.record.place)) }
        var first: (any Error)?
        for id in chosen.map(\.record.id) {
            do { try await launch(id) } catch {
                first = first ?? error
                await restart(id, nil, ran: .zero, because: "\(error)")
            }
        }
        if let first { throw first }
        return status(of: chosen)
    }

    /// Stops and starts instances.
    public func restart(_ selection: Selection) async throws -> [InstanceStatus] {
        let chosen = try selected(selection)
        try refuseRuns(chosen)
        // One that would not be started again is not stopped.
        for instance in chosen {
            guard let image = instance.image, let service = instance.service else { continue }
            try await judge(image, of: instance.record, service)
        }
        try await stopInOrder(chosen)
        return try await start(selection)
    }

    /// A run is begun once; the next one is another.
    private func refuseRuns(_ chosen: [Instance]) throws {
        guard let run = chosen.first(where: { $0.record.isRun == true })?.record else { return }
        throw ControlError(
            .conflict,
            "\(run.name)",
            "it is a run of a job",
            "begin another one with `martlet jobs run \(run.app) \(run.service)`"
        )
    }

    func stopInOrder(_ chosen: [Instance]) async throws {
        for together in Self.stopOrder(chosen) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in together { group.addTask { try await self.stop(id) } }
                try await group.waitForAll()
            }
        }
    }

    /// By falling order of start, those of a service at a time.
    static func stopOrder(_ chosen: [Instance]) -> [[String]] {
        let services = chosen.map(\.record.service).reversed().reduce(into: [String]()) { list, name in
            if list.last != name { list.append(name) }
        }
        return services.map { service in
            chosen.filter { $0.record.service == service }.map(\.record.id)
        }
    }

    private func remember(_ app: String, _ change: (Set<String>) -> Set<String>) async throws {
        guard let stopped = deployments[app]?.stopped else { return }
        let next = change(stopped)
        deployments[app]?.stopped = next
        try await records.setStopped(app: app, names: next)
    }

    func status(of chosen: [Instance]) -> [InstanceStatus] {
        chosen.compactMap { instances[$0.record.id] }.map(status)
    }

    /// Takes an app down; its volumes stay.
    ///
    /// A plan that waits for it is dropped.
    /// - Parameters:
    ///   - app: The app.
    ///   - now: Kill at once instead of asking first; for one that is going down already, too.
    /// - Returns: As `apply`; ends with `removed` or `failed`.
    /// - Throws: `ControlError` if there is no such app.
    public func down(_ app: String, now: Bool = false) async throws -> (
        accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>
    ) {
        if now {
            hurry(app)
            hurryVolumes(of: app)
        }
        await takeTurn(app)
        defer { endTurn(app) }
        let isHeld = plans[app] != nil, isPending = overtake(app, by: "it is taken down")
        await forgetPlan(of: app)
        if isHeld || isPending, deployments[app] == nil { return watch(app) }
        if deployments[app] == nil, instances.values.contains(where: { $0.record.app == app }) {
            deployments[app] = Deployment(orphan: app)
        }
        guard deployments[app] != nil else {
            throw ControlError(.absent, app, "there is no such app", "see `martlet status`")
        }
        // One that failed is tried again; one that is under way is watched.
        if deployments[app]?.isGoing != true || deployments[app]?.rollout == nil {
            await cancelRollout(app)
            Failpoint.removeDue.reach()
            do { try await records.leave(app: app) } catch {
                try? await startRollout(app)  // the first failure is told
                throw error
            }
            Failpoint.removeSaved.reach()
            deployments[app]?.isGoing = true
            try await startTeardown(app)
        }
        return watch(app)
    }

    /// Takes every app down and waits for that; throws the first failure at the end.
    func downAll() async throws {
        callOffAll()
        let apps = Set(deployments.keys).union(instances.values.map(\.record.app)).sorted()
        var failure: AgentError?
        for app in apps {
            for await progress in try await down(app).progress where progress.kind == .failed {
                failure = failure ?? AgentError("down", app, progress.reason)
            }
        }
        if let failure { throw failure }
    }

    /// Kills what runs, of one app or of all: whoever asked a second time does not want to wait for grace
    /// periods.
    func hurry(_ app: String? = nil) {
        for instance in instances.values
        where (app ?? instance.record.app) == instance.record.app && instance.phase == .running {
            tell(.failed, instance.record.id, "is killed before its grace period ended")
            instance.pidfd?.kill()
            // What is frozen dies when it thaws.
            if instance.isPaused { Task { try? await self.thaw(instance.record.id) } }
        }
    }
}
