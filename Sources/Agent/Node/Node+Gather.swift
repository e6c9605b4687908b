// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Intake

// What comes before a desired state is accepted: whether it may come, and its images.

extension Node {
    /// What an apply would run, all of it here.
    struct Gathered {
        var found: FoundImages
        let images: [String: Image]
        let isFetched: Bool
    }

    /// Finds an app's images and fetches what is not here; has no turn.
    func gather(
        _ pending: PendingApply,
        _ tell: @escaping @Sendable (ApplyProgress) -> Void
    ) async throws -> Gathered {
        let request = pending.request, app = request.app
        try await refuseUnfit(request)
        let waiver = request.now ? request.caller : nil
        let found = try await resolve(app, digest: pending.digest, waiver: waiver, for: pending)
        let isFetched = !found.isHere
        if isFetched {
            pending.beginToFetch()
            try await refuse(pending, found)
            overtakeElders(of: pending)
        }
        return Gathered(found: found, images: try await fetch(found, for: app, tell), isFetched: isFetched)
    }

    /// Throws if a desired state may not come now, whatever its images are.
    func refuseUnfit(_ request: ApplyRequest) async throws {
        let app = request.app
        try refuseWhilePaused(app.name)
        if request.source == NodeSource.push { try await checkClaims(of: app) }
        let number = deployments[app.name]?.generation.number ?? 0
        if let expected = request.generation, expected != number {
            throw ControlError(
                .conflict,
                app.name,
                "is at generation \(number), not \(expected)",
                "look at it again"
            )
        }
    }

    /// Throws if it may not come with the images that were found.
    func refuse(_ pending: PendingApply, _ found: FoundImages) async throws {
        let request = pending.request, app = request.app
        try checkProcessors(of: app)
        try await checkSockets(of: app)
        try await checkSecrets(of: app)
        try await refuseFailed(app.name, pending.digest, found)
        if let id = request.plan { try await refuseMoved(from: id, to: try await reply(app, found)) }
        try await refuseUnplanned(request, found)
        try refuseHeld(app, found)
    }
}
