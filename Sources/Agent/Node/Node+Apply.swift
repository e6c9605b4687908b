// SPDX-License-Identifier: Apache-2.0
public import Control
public import Desired
internal import Images
internal import Intake
internal import Linux
internal import Plan

// From a desired state to an app's generation. What is refused here has changed nothing.

extension Node {
    /// The steps that would bring an app to its desired state.
    ///
    /// Registries are asked what names mean; no layer moves.
    public func plan(_ app: App) async throws -> PlanReply {
        let found = try await resolve(app, digest: app.digest)
        try checkProcessors(of: app)
        try await checkSockets(of: app)
        try await checkSecrets(of: app)
        return try await reply(app, found)
    }

    /// Makes a desired state the app's generation and begins to bring the node there.
    ///
    /// The same desired state as before keeps its generation and its images.
    ///
    /// Its images are fetched first, which holds nobody up: who asks something else of the app meanwhile, or brings
    /// another desired state whose images are to be fetched, calls it off.
    ///
    /// - Parameters:
    ///   - pending: The desired state and its terms; by it they can be called off until they are accepted.
    ///   - tell: Told of the pulls that come first; from any thread.
    /// - Returns: The generation, and what happens until it ends: `converged`, `failed`, `superseded` or
    ///   `removed`.
    /// - Throws: `ControlError` if the node cannot take it, before anything is changed.
    public func apply(
        _ pending: PendingApply,
        tell: @escaping @Sendable (ApplyProgress) -> Void = { _ in }
    ) async throws -> (accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>) {
        let app = pending.request.app.name
        enter(pending)
        defer { leave(pending) }
        while true {
            let present = deployments[app]?.generation
            let gathered: Gathered
            do {
                gathered = try await pending.prepare { try await self.gather(pending, tell) }
            } catch {
                if pending.isCalledOff { events.append(.refused, app: app, "\(error)") }
                throw error
            }
            await takeTurn(app)
            defer { endTurn(app) }
            // It may have moved by itself, or another one brought the same: what was found is of old.
            guard deployments[app]?.generation == present else { continue }
            return try await carryOut(pending, gathered)
        }
    }

    /// Makes a desired state whose images are here the app's generation; the caller has the app's turn.
    private func carryOut(
        _ pending: PendingApply,
        _ gathered: Gathered
    ) async throws -> (accepted: ApplyProgress, progress: AsyncStream<ApplyProgress>) {
        let request = pending.request, app = request.app, digest = pending.digest
        let images = gathered.images, isPushed = request.source == NodeSource.push
        var found = gathered.found
        try await refuseUnfit(request)
        // A window may have closed since.
        if gathered.isFetched, !request.now { try await judgeWindows(app, into: &found) }
        try await refuse(pending, found)
        try pending.accept()
        overtakeElders(of: pending)
        if isPushed { try await intake?.remember(app, digest: digest) }
        let present = deployments[app.name]
        let isSame = present.map { $0.generation.digest == digest } ?? false
        if isSame, present?.isGoing == false, present?.rollout != nil {
            await forgetPlan(of: app.name)
            return watch(app.name)
        }
        try await install(
            app,
            digest: digest,
            images,
            names: found.names,
            model: request.model,
            source: request.source,
            caller: request.caller
        )
        await forgetPlan(of: app.name)
        if !isPushed { await intake?.noteTaken() }
        return watch(app.name)
    }

    /// Makes a desired state with these images the app's generation and begins to bring the node there.
    ///
    /// The caller has the app's turn. What was changed by hand stays if it is spared.
    func install(
        _ app: App,
        digest: String,
        _ images: [String: Image],
        names: [String: String]?,
        model: String,
        source: String,
        caller: String,
        sparingHand: Bool = false
    ) async throws {
        let present = deployments[app.name]
        // First: a removal that is under way would take the new record along.
        Failpoint.applyDue.reach()
        await cancelRollout(app.name)
        let generation: Generation
        do {
            let digests = images.mapValues { "\($0.digest)" }
            let current = deployments[app.name] == nil ? nil : present?.generation  // a removal had ended
            let isSame = current?.digest == digest && current?.images == digests
            if let current, isSame, current.source == source, present?.app.claims == app.claims {
                generation = current
                // One that failed and had nothing to go back to is tried again, and one that was to go stays.
                let stage = await records.apps[app.name]?.stage
                if stage == .failed || stage == .leaving { try await records.accept(current) }
            } else {
                // One that comes from elsewhere, or claims something else, keeps its number.
                let next = await records.nextNumber(app: app.name)
                generation = Generation(
                    app: app.name,
                    number: isSame ? current?.number ?? next : next,
                    digest: digest,
                    model: model,
                    images: digests,
                    names: names,
                    trust: trust == nil ? nil : images.compactMapValues(\.verdict),
                    source: source,
                    caller: caller,
                    acceptedAt: Timestamp.now(),
                    keep: app.rollout.keep
                )
                try await accept(generation)
                Failpoint.acceptTold.reach()
            }
        } catch {
            // The first failure is told.
            if present?.rollout != nil { try? await startRollout(app.name, goingOn: true) }
            throw error
        }
        var deployment = deployments[app.name] ?? Deployment(app: app, generation: generation, images: images)
        deployment.app = app
        deployment.holds = []
        deployment.isGoing = false
        deployment.images = images
        // A new desired state starts what was stopped by hand; one that only follows its images does not.
        if present?.generation.digest != digest, !deployment.stopped.isEmpty {
            try await records.setStopped(app: app.name, names: [])
            deployment.stopped = []
        }
        deployment.generation = generation
        deployment.stage = await records.apps[app.name]?.stage ?? .current
        deployments[app.name] = deployment
        Failpoint.applyDone.reach()
        // What was going on may have changed what is to be done.
        try await startRollout(app.name, sparingHand: sparingHand)
    }

    /// Puts a new generation on record, its images kept from every collection before.
    private func accept(_ generation: Generation) async throws {
        Failpoint.pinDue.reach()
        try await pinImages(adding: generation.images.values.map { try Digest($0) })
        Failpoint.pinDone.reach()
        try await records.accept(generation)
        Failpoint.acceptDone.reach()
        events.append(
            .accepted,
            app: generation.app,
            "generation \(generation.number) (\(generation.digest.prefix(19))) from \(generation.source) by \(generation.caller)"
        )
    }

    /// What failed is not tried again by itself, while there is something that runs instead.
    func refuseFailed(_ app: String, _ digest: String, _ found: FoundImages) async throws {
        guard let failure = await failure(of: app, digest, found) else { return }
        throw ControlError(
            .conflict,
            app,
            "this is generation \(failure.number), which failed: \(failure.reason)",
            "change the file, or try it again with `martlet retry \(app)`"
        )
    }

    /// How a desired state with these images failed before; nil if it did not, or nothing else could run.
    func failure(of app: String, _ digest: String, _ found: FoundImages) async -> GenerationFailure? {
        let failures = await records.failures(app: app)
        guard !failures.isEmpty else { return nil }
        let digests = found.digests
        let hasFallback = await records.fallback(app: app) != nil
        for failure in failures where failure.isReturned || hasFallback {
            let failed = await records.generation(app: app, number: failure.number)
            if failed?.digest == digest, failed?.images == digests { return failure }
        }
        return nil
    }

    func steps(to app: App, _ digests: [String: Digest], isReturn: Bool = false) async throws -> [Step] {
        try await steps(from: try await observe(app.name), to: app, digests, isReturn: isReturn)
    }

    private func steps(
        from observed: Observed,
        to app: App,
        _ digests: [String: Digest],
        isReturn: Bool = false
    ) async throws -> [Step] {
        let secrets = try await secretMarks(of: app)
        return Plan.plan(
            from: observed,
            to: app,
            digests: digests.mapValues { "\($0)" },
            secrets: secrets,
            isReturn: isReturn
        )
    }

    func reply(_ app: App, _ found: FoundImages) async throws -> PlanReply {
        var observed = try await observe(app.name)
        let digest = app.digest
        // As `install` has it.
        if deployments[app.name]?.generation.digest != digest { observed.stopped = [] }
        let steps = try await steps(from: observed, to: app, found.services.mapValues(\.digest))
        return Self.reply(app.name, digest, steps, images: try await planned(app, found), holds: found.holds)
    }

    /// What each service would run, and how much of it is to be pulled; a layer that several need is counted once.
    private func planned(_ app: App, _ found: FoundImages) async throws -> [PlanReply.Image] {
        let store = images
        let names = app.workloads.map(\.name).sorted()
        return try await Thread.run {
            var counted: Set<Digest> = []
            return try names.compactMap { name in
                guard let image = found.services[name] else { return nil }
                let isNew = counted.insert(image.digest).inserted
                return PlanReply.Image(
                    service: name,
                    image: "\(image.name)",
                    digest: "\(image.digest)",
                    missing: isNew ? try image.missing(in: store) : 0
                )
            }
        }
    }
}
