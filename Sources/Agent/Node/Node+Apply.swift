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
        if source == NodeSource.push { try checkClaims(of: app) }
        let digest = app.digest
        let images = try await resolve(app, digest: digest)
        try checkProcessors(of: app)
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
        let present = deployments[app.name]
        let same = present?.generation.digest == digest && present?.generation.images == digests
        if let present, same, present.generation.source == source, present.app.claims == app.claims {
            return present.generation
        }
        // One that comes from elsewhere, or claims something else, keeps its number.
        let next = await records.nextNumber(app: app.name)
        let generation = Generation(
            app: app.name,
            number: same ? present?.generation.number ?? next : next,
            digest: digest,
            model: model,
            images: digests,
            trust: trust == nil ? nil : images.compactMapValues(\.verdict),
            source: source,
            caller: caller,
            acceptedAt: Timestamp.now()
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

    func steps(to app: App, _ images: [String: Image]) async throws -> [Step] {
        Plan.plan(from: try await observe(), to: app, digests: images.mapValues { "\($0.digest)" })
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
