// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Logs
internal import Plan

// From a generation that failed, or that a user does not want any more, back to one that was there before. Its
// images are kept, so that no network is needed.

extension Node {
    /// So many of the last lines of what failed are told.
    private static let lastLines = 50

    /// What a rollout that failed leads to, as the file says.
    ///
    /// Always throws: `RolloutEnd` if the app went back or stays between two generations.
    func conclude(_ name: String, _ error: any Error) async throws -> Never {
        guard let deployment = deployments[name], deployment.stage == .rolling else { throw error }
        let number = deployment.generation.number
        guard let fallback = await records.fallback(app: name) else {
            // Nothing runs that could be kept: who brings the file again tries again.
            try await records.fail(app: name, reason: "\(error)")
            throw error
        }
        guard action(after: error, in: deployment.app) == .rollback else {
            try await records.fail(app: name, reason: "\(error)")
            deployments[name]?.stage = .failed
            throw RolloutEnd.mixed("generation \(number): \(error)")
        }
        let failure = error as? RolloutFailure
        Failpoint.failureSeen.reach()
        let lines = await lastLines(of: failure)
        events.append(.failed, app: name, "generation \(number): \(error)")
        do {
            try await giveUp(name, "\(error)", for: fallback)
        } catch is CancellationError {
            throw CancellationError()
        } catch let second {
            throw AgentError(
                "roll back",
                name,
                "generation \(number) failed (\(error)), and the way back to \(fallback.number) did: \(second)"
            )
        }
        let reason = "generation \(number) failed: \(error); generation \(fallback.number) runs again"
        events.append(
            .rolledBack,
            app: name,
            service: failure?.name.service,
            instance: failure?.name.index,
            reason,
            details: lines
        )
        throw RolloutEnd.returned(reason)
    }

    /// Makes the generation before an app's own again, and brings the app there.
    private func giveUp(_ name: String, _ reason: String, for fallback: Generation) async throws {
        let (app, images) = try await restored(fallback)
        Failpoint.giveUpDue.reach()
        try await records.giveUp(app: name, reason: reason)
        Failpoint.giveUpDone.reach()
        deployments[name]?.become(fallback, app, images)
        deployments[name]?.stage = .current
        try await goBack(name)
    }

    /// Brings an app to the generation before, which is its own again.
    ///
    /// One that goes on was broken off: what it had started is on trial still.
    private func goBack(_ name: String, goingOn: Bool = false) async throws {
        guard let deployment = deployments[name] else { return }
        let app = deployment.app, images = deployment.images
        deployments[name]?.deadline = .now + app.rollout.deadline
        deployments[name]?.isReturning = true
        defer { deployments[name]?.isReturning = false }
        try await assign(name)
        if goingOn { forgetUnseenStarts(of: name) }
        let steps = try await steps(to: app, images.mapValues(\.digest), isReturn: true)
        deployments[name]?.done = 0
        deployments[name]?.total = steps.count
        deployments[name]?.watched = RolloutGuard(steps)
        if goingOn { resumeTrials(of: name) }
        Failpoint.returnDue.reach()
        try await walk(name, steps, app, images)
        if let failure = untolerated(in: app) { throw failure }
        Failpoint.returnDone.reach()
    }

    /// Goes on with the return of an app that an agent before us had begun; false if there is none.
    ///
    /// Until its end there are containers of the generation that was given up.
    func goOnReturning(_ name: String) async throws -> Bool {
        guard let deployment = deployments[name], deployment.stage == .current else { return false }
        let all = instances(of: name).map(\.record).filter { $0.isRun != true }.map(\.generation)
        guard
            let failure = await records.failures(app: name).last(where: {
                $0.isReturned && all.contains($0.number)
            })
        else { return false }
        begin(name, total: 0) {
            try await self.goBack(name, goingOn: true)
            let reason =
                "generation \(failure.number) failed: \(failure.reason); generation \(deployment.generation.number) runs again"
            await self.tellReturn(name, reason)
            throw RolloutEnd.returned(reason)
        }
        return true
    }

    private func tellReturn(_ name: String, _ reason: String) {
        events.append(.rolledBack, app: name, reason)
    }

    /// An app that stood between two generations when all of its containers were lost: the one that was good is
    /// brought back.
    func giveUpLost(_ name: String) async throws {
        guard let fallback = await records.fallback(app: name) else { return }
        let (app, images) = try await restored(fallback)
        try await records.giveUp(app: name, reason: "its containers are gone")
        deployments[name]?.become(fallback, app, images)
        deployments[name]?.stage = .current
    }

    /// A generation as it was: its file and its images.
    func restored(_ generation: Generation) async throws -> (app: App, images: [String: Image]) {
        let app = try App.decode(
            yaml: generation.model,
            file: generation.app,
            directory: "/",
            environment: [:]
        )
        return (app, try await recalled(generation))
    }

    private func lastLines(of failure: RolloutFailure?) async -> [String] {
        guard let failure, let id = failure.id else { return [] }
        let path = logFolders.path(
            app: failure.name.app,
            service: failure.name.service,
            index: failure.name.index,
            id: id
        )
        let lines = try? await Thread.run { () throws -> [String] in
            var reader = try LogReader(path, LogQuery(.tail(Self.lastLines)))
            var lines: [String] = []
            while lines.count < Self.lastLines, let event = try reader.next() {
                guard case .line(let line) = event else { continue }
                lines.append(String(decoding: line.bytes.prefix(1_000), as: UTF8.self))
            }
            return lines
        }
        return lines ?? []  // it never ran, and has no log
    }
}
