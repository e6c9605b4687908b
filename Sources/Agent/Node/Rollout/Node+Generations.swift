// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Images
internal import Linux

// What a user asks of an app's generations.

extension Node {
    /// The generations of an app that are kept, the newest first.
    ///
    /// Throws `ControlError` if there is no such app.
    public func history(_ app: String) async throws -> [GenerationStatus] {
        guard deployments[app] != nil else { throw Self.absent(app) }
        let failures = await records.failures(app: app)
        var all: [GenerationStatus] = []
        for generation in await records.history(app: app) {
            all.append(
                GenerationStatus(
                    number: generation.number,
                    digest: generation.digest,
                    images: generation.images,
                    source: generation.source,
                    caller: generation.caller,
                    acceptedAt: Timestamp.text(generation.acceptedAt),
                    result: await records.outcome(app: app, number: generation.number).rawValue,
                    reason: failures.first { $0.number == generation.number }?.reason ?? ""
                )
            )
        }
        return all
    }

    /// Makes an earlier generation an app's own again and begins to bring the app there; no network is needed.
    ///
    /// - Parameters:
    ///   - app: The app.
    ///   - number: The generation; nil means the last one before the present that was good.
    ///   - caller: Who wants it, for the record.
    /// - Returns: As `apply`.
    /// - Throws: `ControlError` if there is no such generation, or it failed.
    public func rollback(_ app: String, to number: Int?, caller: String) async throws -> (
        accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>
    ) {
        await takeTurn(app)
        defer { endTurn(app) }
        guard let present = deployments[app], !present.isGoing else { throw Self.absent(app) }
        let current = present.generation.number
        var target = present.stage == .current ? nil : await records.fallback(app: app)
        if let number {
            target = await records.generation(app: app, number: number)
        } else if target == nil {
            for generation in await records.history(app: app) where generation.number < current {
                guard await records.outcome(app: app, number: generation.number) == .superseded else {
                    continue
                }
                target = generation
                break
            }
        }
        guard let target else {
            let what = number.map { "generation \($0) is not kept" } ?? "no generation before it is kept"
            throw ControlError(.absent, app, what, "see `martlet history \(app)`")
        }
        switch await records.outcome(app: app, number: target.number) {
        case .current:
            throw ControlError(
                .conflict,
                app,
                "generation \(target.number) is current",
                "there is nothing to do"
            )
        case .failed, .rolledBack:
            throw ControlError(
                .conflict,
                app,
                "generation \(target.number) failed",
                "use `martlet retry \(app)`"
            )
        case .rolling, .superseded: return try await reinstate(target, caller)
        }
    }

    /// Tries the generation that failed last once more, as it was.
    ///
    /// - Returns: As `apply`.
    /// - Throws: `ControlError` if none has failed.
    public func retry(_ app: String, caller: String) async throws -> (
        accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>
    ) {
        await takeTurn(app)
        defer { endTurn(app) }
        guard let present = deployments[app], !present.isGoing else { throw Self.absent(app) }
        let failed = await records.failures(app: app).map(\.number)
        let number = failed.contains(present.generation.number) ? present.generation.number : failed.max()
        guard let number, let generation = await records.generation(app: app, number: number) else {
            throw ControlError(
                .conflict,
                app,
                "no generation of it has failed",
                "see `martlet history \(app)`"
            )
        }
        return try await reinstate(generation, caller)
    }

    /// Makes a generation that is kept the one that its app is on its way to.
    private func reinstate(_ generation: Generation, _ caller: String) async throws -> (
        accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>
    ) {
        let name = generation.app
        try refuseWhilePaused(name)
        let (app, images) = try await restored(generation)
        try checkProcessors(of: app)
        try await checkSockets(of: app)
        overtake(name, by: "\(caller) asked for generation \(generation.number)")
        await cancelRollout(name)
        Failpoint.reinstateDue.reach()
        try await records.accept(generation)
        Failpoint.reinstateAccepted.reach()
        try await records.setStopped(app: name, names: [])
        Failpoint.reinstateUnstopped.reach()
        deployments[name]?.stopped = []
        deployments[name]?.become(generation, app, images)
        deployments[name]?.stage = .rolling
        events.append(.accepted, app: name, "generation \(generation.number) again, by \(caller)")
        Failpoint.reinstateDone.reach()
        try await startRollout(name)
        return watch(name)
    }

    private static func absent(_ app: String) -> ControlError {
        ControlError(.absent, app, "there is no such app", "see `martlet status`")
    }
}
