// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Images
internal import Intake
internal import Linux
internal import Plan

// `apply.mode: plan-only` of node.yaml: what comes is planned, and the plan waits until somebody says that it is to
// be carried out.

extension Node {
    /// So many of a plan's steps are told with its event.
    private static let mostTold = 50

    /// Throws, and has the plan wait, if a desired state may not be carried out by itself.
    ///
    /// What the app is already is no change: that may always be brought again.
    func refuseUnplanned(_ request: ApplyRequest, _ found: FoundImages) async throws {
        guard settings.applyMode == .planOnly, request.plan == nil else { return }
        let present = deployments[request.app.name]
        if let present, !present.isGoing, present.generation.digest == request.digest { return }
        var plan = HeldPlan(
            try await reply(request.app, found),
            model: request.model,
            source: request.source,
            caller: request.caller,
            since: Timestamp.now()
        )
        plan.desired = request.app
        throw try await hold(plan)
    }

    /// The same for an app that its source does not say any more.
    func refuseUnplannedRemoval(of app: String) async throws {
        guard settings.applyMode == .planOnly, let present = deployments[app], !present.isGoing else {
            return
        }
        let source = present.generation.source
        throw try await hold(
            HeldPlan(
                try await teardownReply(app),
                model: nil,
                source: source,
                caller: "\(source), which does not say it any more",
                since: Timestamp.now()
            )
        )
    }

    /// Has a plan wait; the refusal that says so.
    private func hold(_ plan: HeldPlan) async throws -> ControlError {
        let app = plan.app
        if let news = plans.news(plan) {
            if news.isPushed, !plans.hasRoom(for: app) {
                let most = "\(HeldPlans.mostPushed) plans wait already"
                throw ControlError(.conflict, app, most, "carry one out, or drop it with `martlet down APP`")
            }
            let folder = PlanFolder(state: folders.state), isKept = plans[app]?.isPushed == true
            // An agent that comes after us is to know of it; what a source says is read again.
            if news.isPushed || isKept {
                Failpoint.planDue.reach()
                try await Thread.run { try news.isPushed ? folder.save(news) : folder.remove(app) }
                Failpoint.planKept.reach()
            }
            plans.hold(news)
            events.append(
                .held,
                app: app,
                "\(news.shown.description): \(news.shown.remedy)",
                details: news.reply.steps.prefix(Self.mostTold).map { "\($0.action) (\($0.reason))" }
            )
        }
        let shown = (plans[app] ?? plan).shown
        return ControlError(.conflict, app, shown.description, shown.remedy)
    }

    /// Nothing waits for an app any more.
    func forgetPlan(of app: String) async {
        guard let plan = plans.drop(app), plan.isPushed else { return }
        let folder = PlanFolder(state: folders.state)
        Failpoint.planForgetDue.reach()
        do { try await Thread.run { try folder.remove(app) } } catch {
            events.append(
                .failed,
                app: app,
                "its plan \(plan.id) waits no more, but stays on the disk: \(error)"
            )
        }
        Failpoint.planForgotten.reach()
    }

    /// Forgets what a source said and has taken back since.
    func forgetUnsaid() async {
        for plan in plans.all where !plan.isPushed {
            let isWanted: Bool
            if plan.model == nil {
                let present = deployments[plan.app]
                let isThere = present.map { !$0.isGoing && $0.generation.source == plan.source } ?? false
                isWanted = isThere ? await intake?.source(of: plan.app) == nil : false
            } else {
                isWanted = await intake?.says(plan.app, plan.reply.digest, in: plan.source) == true
            }
            if !isWanted, plans[plan.app] == plan { plans.lapse(plan.app) }
        }
    }

    /// Has what an agent before us was pushed wait on, but for what that had carried out.
    func recallPlans() async throws {
        let folder = PlanFolder(state: folders.state)
        let (found, damaged) = try await Thread.run { try folder.load() }
        for plan in found {
            plans.hold(plan)
            let present = deployments[plan.app]
            if let present, !present.isGoing, present.generation.digest == plan.reply.digest {
                await forgetPlan(of: plan.app)
            }
        }
        for file in damaged {
            events.append(.failed, app: nil, "\(file) is damaged: its plan must be pushed again")
        }
    }

    // MARK: Leave

    /// The plan that waits by this ID.
    ///
    /// Throws `ControlError` if there is none, or another one has taken its place.
    public func waitingPlan(_ id: String) async throws -> PlanReply { try await heldPlan(id).reply }

    private func heldPlan(_ id: String) async throws -> HeldPlan {
        await forgetUnsaid()
        switch plans.answer(to: id) {
        case .waits(let plan): return plan
        case .replaced(let other): throw Self.moved(id, to: other)
        case .unknown: throw ControlError(.absent, "plan \(id)", "no such plan waits", "see `martlet status`")
        }
    }

    /// What is to be done for a plan that waits, now that somebody says so.
    ///
    /// - Parameters:
    ///   - id: The plan's ID.
    ///   - caller: Who says so, for the record.
    ///   - now: Images count as old enough from now on, and windows as open.
    /// - Returns: What is to be applied, or that the app is to go.
    /// - Throws: `ControlError` if no such plan waits, or it would be another one by now: then that waits.
    public func release(_ id: String, caller: String, now: Bool) async throws -> ReleasedPlan {
        let plan = try await heldPlan(id)
        guard let model = plan.model else {
            try refuseWhilePaused(plan.app)
            try await refuseMoved(from: id, to: try await teardownReply(plan.app))
            return ReleasedPlan(app: plan.app, digest: plan.reply.digest, change: nil)
        }
        if plan.isPushed { try await refuseIfSourced(plan.app, isChange: true) }
        let change = ApplyRequest(
            try plan.desired ?? App.decode(yaml: model, file: plan.app, directory: "/", environment: [:]),
            model: model,
            source: plan.source,
            caller: "\(plan.caller), carried out by \(caller)",
            plan: id,
            now: now
        )
        return ReleasedPlan(app: plan.app, digest: plan.reply.digest, change: change)
    }

    /// Throws if what is to be carried out by the plan of this ID would be another one by now, which then waits if
    /// the first one did.
    func refuseMoved(from id: String, to reply: PlanReply) async throws {
        guard reply.id != id else { return }
        guard var next = plans[reply.app], next.id == id else {
            throw ControlError(
                .conflict,
                reply.app,
                "the node, or what an image's name means, has changed since plan \(id) was made",
                "make a new plan"
            )
        }
        next.reply = reply
        _ = try await hold(next)
        throw Self.moved(id, to: plans[reply.app] ?? next)
    }

    private static func moved(_ id: String, to plan: HeldPlan) -> ControlError {
        ControlError(
            .conflict,
            plan.app,
            "plan \(id) would be another by now: it is plan \(plan.id)",
            plan.shown.remedy
        )
    }

    private func teardownReply(_ app: String) async throws -> PlanReply {
        let steps = Plan.teardown(of: try await observe(app), app: app)
        return Self.reply(app, deployments[app]?.generation.digest ?? "", steps)
    }

    /// A plan whose ID stands for all that is in it but what it waits for.
    static func reply(
        _ app: String,
        _ digest: String,
        _ steps: [Step],
        images: [PlanReply.Image] = [],
        holds: [HoldStatus] = []
    ) -> PlanReply {
        let told = steps.map { PlanReply.Step(action: "\($0.action)", reason: "\($0.reason)") }
        let parts =
            [digest] + told.flatMap { [$0.action, $0.reason] }
            + images.flatMap { [$0.service, $0.image, $0.digest] }
        let id = Digest(of: Array(parts.joined(separator: "\n").utf8)).hex.prefix(16)
        return PlanReply(app: app, id: String(id), digest: digest, steps: told, images: images, holds: holds)
    }
}

/// What somebody said is to be carried out.
public struct ReleasedPlan: Sendable {
    /// The app.
    public let app: String
    /// The digest of the desired state; that of the app's generation if the app is to go.
    public let digest: String
    /// What is to be applied; nil if the app is to go.
    public let change: ApplyRequest?
}
