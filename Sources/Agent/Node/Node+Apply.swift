// SPDX-License-Identifier: Apache-2.0
public import Control
public import Desired
internal import Images
internal import Plan

// From a desired state to an app's generation. What is refused here has changed nothing.

extension Node {
    /// The steps that would bring an app to its desired state.
    public func plan(_ app: App) async throws -> PlanReply {
        let images = try await resolve(app, digest: app.digest)
        try checkProcessors(of: app)
        return reply(app, try await steps(to: app, images))
    }

    /// Makes a desired state the app's generation and begins to bring the node there.
    ///
    /// The same desired state as before keeps its generation and its images.
    ///
    /// - Parameters:
    ///   - app: The desired state.
    ///   - model: The text that it was decoded from, complete in itself.
    ///   - source: Where it came from, for the record.
    ///   - caller: Who brought it, for the record.
    ///   - id: Refuse if this is not the plan that would be carried out; nil carries out any.
    /// - Returns: The generation, and what happens until it ends: `converged`, `failed`, `superseded` or
    ///   `removed`.
    /// - Throws: `ControlError` if the node cannot take it, before anything is changed.
    public func apply(_ app: App, model: String, source: String, caller: String, plan id: String? = nil)
        async throws -> (accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>)
    {
        await takeTurn(app.name)
        defer { endTurn(app.name) }
        let digest = app.digest
        let images = try await resolve(app, digest: digest)
        try checkProcessors(of: app)
        try await refuseFailed(app.name, digest, images)
        let steps = try await steps(to: app, images)
        if let id, reply(app, steps).id != id {
            throw ControlError(
                .conflict,
                app.name,
                "the node has changed since plan \(id) was made",
                "make a new plan"
            )
        }
        let present = deployments[app.name]
        let isSame = present.map { $0.generation.digest == digest } ?? false
        if isSame, present?.isGoing == false, present?.rollout != nil { return watch(app.name) }
        // First: a removal that is under way would take the new record along.
        await cancelRollout(app.name)
        let generation: Generation
        do {
            generation = try await accepted(app, digest, images, model: model, source: source, caller: caller)
        } catch {
            if present?.rollout != nil { try? await startRollout(app.name) }  // the first failure is told
            throw error
        }
        var deployment = deployments[app.name] ?? Deployment(app: app, generation: generation, images: images)
        deployment.app = app
        deployment.isGoing = false
        deployment.images = images
        if !isSame, !deployment.stopped.isEmpty {
            try await records.setStopped(app: app.name, names: [])
            deployment.stopped = []
        }
        deployment.generation = generation
        deployment.stage = await records.apps[app.name]?.stage ?? .current
        deployments[app.name] = deployment
        // What was going on may have changed what is to be done.
        try await startRollout(app.name)
        return watch(app.name)
    }

    /// The generation of a desired state: the present one if it is the same, else a new one, on record.
    private func accepted(
        _ app: App,
        _ digest: String,
        _ images: [String: Image],
        model: String,
        source: String,
        caller: String
    ) async throws -> Generation {
        let digests = images.mapValues { "\($0.digest)" }
        let present = deployments[app.name]?.generation
        if let present, present.digest == digest, present.images == digests {
            // One that failed and had nothing to go back to is tried again.
            if deployments[app.name]?.stage == .failed { try await records.accept(present) }
            return present
        }
        let generation = Generation(
            app: app.name,
            number: await records.nextNumber(app: app.name),
            digest: digest,
            model: model,
            images: digests,
            trust: trust == nil ? nil : images.compactMapValues(\.verdict),
            source: source,
            caller: caller,
            acceptedAt: Timestamp.now(),
            keep: app.rollout.keep
        )
        try await pinImages(adding: images.values.map(\.digest))
        try await records.accept(generation)
        events.append(
            .accepted,
            app: app.name,
            "generation \(generation.number) (\(digest.prefix(19))) from \(source) by \(caller)"
        )
        return generation
    }

    /// What failed is not tried again by itself, while there is something that runs instead.
    private func refuseFailed(_ app: String, _ digest: String, _ images: [String: Image]) async throws {
        let digests = images.mapValues { "\($0.digest)" }
        let hasFallback = await records.fallback(app: app) != nil
        for failure in await records.failures(app: app) where failure.isReturned || hasFallback {
            guard let failed = await records.generation(app: app, number: failure.number),
                failed.digest == digest, failed.images == digests
            else { continue }
            throw ControlError(
                .conflict,
                app,
                "this is generation \(failure.number), which failed: \(failure.reason)",
                "change the file, or try it again with `martlet retry \(app)`"
            )
        }
    }

    func steps(to app: App, _ images: [String: Image], isReturn: Bool = false) async throws -> [Step] {
        Plan.plan(
            from: try await observe(),
            to: app,
            digests: images.mapValues { "\($0.digest)" },
            isReturn: isReturn
        )
    }

    private func reply(_ app: App, _ steps: [Step]) -> PlanReply {
        let shown = steps.map { PlanReply.Step(action: "\($0.action)", reason: "\($0.reason)") }
        let digest = app.digest
        let identity = ([digest] + shown.flatMap { [$0.action, $0.reason] }).joined(separator: "\n")
        let id = String(Digest(of: Array(identity.utf8)).hex.prefix(16))
        return PlanReply(app: app.name, id: id, digest: digest, steps: shown)
    }

    // MARK: Turns

    /// One change at a time of an app's desired state, or of a network's ports.
    func takeTurn(_ subject: String) async {
        _ = await until(nil) { turns.insert(subject).inserted }
    }

    func endTurn(_ subject: String) {
        turns.remove(subject)
        changed()
    }
}
