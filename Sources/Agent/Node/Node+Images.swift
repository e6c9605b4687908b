// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Transfer

// What the images of an app are: looked up here, or asked for at their registries. No layer moves.

extension Node {
    /// What the services of an app would run, and what they would have to wait for.
    ///
    /// A name is resolved once for a generation: what runs does not move with it. With `waiver`, who said so, all
    /// images are old enough.
    func resolve(
        _ app: App,
        digest: String,
        waiver: String? = nil,
        for pending: PendingApply? = nil
    ) async throws -> FoundImages {
        var found = FoundImages()
        if let present = deployments[app.name], present.generation.digest == digest {
            for service in app.workloads {
                guard let image = present.images[service.name] else { continue }
                found.services[service.name] = try present.found(service, image)
            }
            return found
        }
        let (allowsHostIDs, sinks) = (settings.allowsHostIDs, Set(settings.sinks.map(\.name)))
        try refuse(app, storeProblems(of: app))
        // First what needs no network: an app that is refused anyway asks nobody.
        try refuse(
            app,
            try await Thread.run { try Self.problems(of: app, allowsHostIDs: allowsHostIDs, sinks: sinks) }
        )
        var known: [String: FoundImage] = [:]
        var problems: [ControlError.Problem] = []
        for service in app.workloads {
            do {
                var image: FoundImage
                if let followed = try deployments[app.name]?.followed(by: service) {
                    image = followed
                } else if let before = known[service.image], service.pullPolicy != .never {
                    image = before
                } else {
                    image = try await find(service, app: app.name, for: pending)
                    known[service.image] = image
                }
                try await judge(&image, for: service, of: app.name, waiver: waiver, into: &found)
                found.services[service.name] = image
                problems += try await snapshotProblems(of: service, on: image.digest)
            } catch let error as PullRefusal {
                problems.append(error.problem(of: service))
            } catch let error as TrustRefusal {
                problems.append(error.problem(of: service))
            }
        }
        try refuse(app, problems)
        try await judgeWindows(app, waiver: waiver, into: &found)
        return found
    }

    private func snapshotProblems(of service: Service, on digest: Digest) async throws
        -> [ControlError.Problem]
    {
        let refusal = try await Thread.run { self.refusal(of: service, on: digest) }
        return refusal.map {
            [Self.problem("services.\(service.name).x-martlet.snapshot", $0.what, $0.remedy)]
        } ?? []
    }

    /// Whether rules and service let an image run, and if not yet, what it waits for.
    func judge(
        _ image: inout FoundImage,
        for service: Service,
        of app: String,
        waiver: String? = nil,
        into found: inout FoundImages
    ) async throws {
        let (store, trust, judged) = (images, trust, image)
        func judgement(waivingAge: Bool) async throws -> ImageJudgement {
            try await Thread.run {
                try ImageJudgement(judged, for: service, by: trust, in: store, waivingAge: waivingAge)
            }
        }
        let first = try await judgement(waivingAge: false)
        image.verdict = first.verdict
        guard let hold = first.hold else { return }
        guard let waiver else {
            found.holds.append(
                HoldStatus(
                    service: service.name,
                    image: "\(image.name)",
                    digest: "\(image.digest)",
                    reason: hold.reason,
                    opensAt: Timestamp.text(hold.opensAt)
                )
            )
            return
        }
        image.verdict = try await judgement(waivingAge: true).verdict
        events.append(
            .waived,
            app: app,
            service: service.name,
            "\(image.name) (\(image.digest)) counts as old enough by \(waiver): \(hold.reason)"
        )
    }

    /// Remembers for the status what an app waits for.
    func hold(_ app: App, _ found: FoundImages) {
        guard deployments[app.name]?.holds != found.holds else { return }
        deployments[app.name]?.holds = found.holds
        for hold in found.holds {
            events.append(.held, app: app.name, service: hold.service, "\(hold.image): \(hold.reason)")
        }
    }

    /// Throws, and remembers for the status, if an app has to wait for images.
    func refuseHeld(_ app: App, _ found: FoundImages) throws {
        guard !found.holds.isEmpty else { return }
        hold(app, found)
        try refuse(
            app,
            found.holds.map { hold in
                Self.problem(
                    "services.\(hold.service).image",
                    "Held until \(hold.opensAt): \(hold.image): \(hold.reason)",
                    "apply it again then, or now with --now"
                )
            }
        )
    }

    /// What the policy of a service says: the image that is here, or what its name means at its registry now.
    private func find(_ service: Service, app: String, for pending: PendingApply?) async throws -> FoundImage
    {
        let store = images, registries = registries, scope = TransferScope()
        let reference = try Reference(service.image)
        let policy = service.pullPolicy
        let (present, decision) = try await Thread.run { () throws -> (Image?, PullPolicy.Decision) in
            let image = try store.resolve(reference)
            let last = try store.lastPull(of: reference)
            return (
                image, policy.decision(lastPulled: last, now: Timestamp.now(), present: image != nil)
            )
        }
        if let present, decision == .use { return FoundImage(reference, .here(present)) }
        guard decision != .refuse else {
            throw PullRefusal(
                what: "\(service.image) is not here",
                remedy: "bring it with `martlet image pull` or `import`, or set pull_policy"
            )
        }
        pending?.beginToFetch()
        do {
            let remote = try await withTaskCancellationHandler {
                try await Thread.run { try store.find(reference, at: registries, in: scope) }
            } onCancel: {
                scope.cancel()
            }
            return FoundImage(reference, .registry(remote))
        } catch let error as ImageError {
            events.append(.failed, app: app, service: service.name, "\(error)")
            throw PullRefusal(service, error, isHere: present != nil)
        }
    }

    /// Throws `ControlError` with all problems, if there are any.
    func refuse(_ app: App, _ problems: [ControlError.Problem]) throws {
        guard let first = problems.first else { return }
        throw ControlError(
            .conflict,
            app.name,
            "\(first.path): \(first.what)",
            first.remedy,
            problems: problems
        )
    }

    /// What the node cannot take, whatever the images are.
    private static func problems(of app: App, allowsHostIDs: Bool, sinks: Set<String>) throws
        -> [ControlError.Problem]
    {
        var problems: [ControlError.Problem] = []
        for service in app.workloads {
            let path = app.path(of: service.name)
            // The host's ids are the node's to give, not the app's to take.
            if service.userNamespace == .host, !allowsHostIDs {
                problems.append(
                    problem(
                        "\(path).x-martlet.userns",
                        "the node does not consent to 'host'",
                        "use 'auto', or set 'userns.allow_host' in node.yaml"
                    )
                )
            }
            // `local` is the spool itself, which is always there.
            for sink in service.logs.sinks ?? [] where sink != "local" && !sinks.contains(sink) {
                problems.append(
                    problem(
                        "\(path).x-martlet.logs.sinks",
                        "the node has no sink '\(sink)'",
                        sinks.isEmpty
                            ? "add it under 'sinks' in node.yaml"
                            : "use one of \(sinks.sorted().joined(separator: ", ")), or add it in node.yaml"
                    )
                )
            }
            if let problem = try controlGroupsProblem(service) { problems.append(problem) }
            let platform = Platform.running
            if let wanted = service.platform, !platform.isMeant(by: wanted) {
                problems.append(
                    problem(
                        "\(path).platform",
                        "the node is \(platform)",
                        "bring the app to another node, or remove the key"
                    )
                )
            }
        }
        problems += windowProblems(of: app)
        for job in app.jobs where job.schedule != nil {
            do { _ = try readZone(job.timeZone) } catch {
                problems.append(
                    problem(
                        "\(app.path(of: job.name)).time_zone",
                        "the node does not know \(job.timeZone)",
                        "correct the name, or install tzdata on the node"
                    )
                )
            }
        }
        return problems
    }

    static func problem(_ path: String, _ what: String, _ remedy: String) -> ControlError.Problem {
        ControlError.Problem(file: "", line: 0, column: 0, path: path, what: what, remedy: remedy)
    }
}
