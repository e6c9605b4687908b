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
        deployments[name]?.deadline = .now + app.rollout.deadline
        deployments[name]?.isReturning = true
        defer { deployments[name]?.isReturning = false }
        try await assign(name)
        let steps = try await steps(to: app, images.mapValues(\.digest), isReturn: true)
        deployments[name]?.done = 0
        deployments[name]?.total = steps.count
        deployments[name]?.watched = RolloutGuard(steps)
        Failpoint.returnDue.reach()
        try await walk(name, steps, app, images)
        if let failure = untolerated(in: app) { throw failure }
        Failpoint.returnDone.reach()
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
